package config_test
import ("testing";"os";"encoding/json";"fmt";"petcam/streamer/internal/config")
func TestProbe(t *testing.T){
 var texts []string; b,_:=os.ReadFile("/tmp/w/go/probe.json"); json.Unmarshal(b,&texts)
 var out []any
 for _,x:=range texts { c,w,err:=config.Parse([]byte(x),"f"); e:=""; if err!=nil{e=err.Error()}; if w==nil{w=[]string{}}
  out=append(out, []any{fmt.Sprint(c.Web.Host,c.Web.Port,c.Web.Threads), c.Recording.PreRollSeconds, w, e}) }
 j,_:=json.Marshal(out); os.WriteFile("/tmp/w/go/probe.out",j,0o600)
}
