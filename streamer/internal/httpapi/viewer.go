package httpapi

import (
	"net/http"
	"net/netip"
)

// viewerHeader is how petcam-web says whose offer it passes on.
const viewerHeader = "X-Petcam-Viewer"

// viewer is the address that an offer came from: where petcam-web passes it on, its viewer's. petcam-web is known as it is
// for control: it speaks from loopback, and neither through a proxy nor for a page. What others say in that header is
// ignored.
func viewer(r *http.Request) netip.Addr {
	from := remote(r)
	said, err := netip.ParseAddr(r.Header.Get(viewerHeader))
	if err != nil || !from.IsLoopback() || isForwardedOrByPage(r) {
		return from
	}
	return said.Unmap().WithZone("")
}
