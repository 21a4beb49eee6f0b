package place

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const systemsDisk = 1

// board is a machine whose mounts a test makes: each mount point's device, and what is in its folder. Its root is a
// folder of the test; a "disk" is another folder that a link leads to.
type board struct {
	t       *testing.T
	root    string
	devices map[string]uint64 // by mount point
	fstab   []string          // lines
	place   *Place
}

func newBoard(t *testing.T, directory string) *board {
	t.Helper()
	b := &board{t: t, root: resolve(t.TempDir()), devices: map[string]uint64{}}
	for _, folder := range []string{"state", "mnt/usb", "srv/recordings"} {
		b.do(os.MkdirAll(filepath.Join(b.root, folder), 0o750))
	}
	b.begin(directory)
	return b
}

func (b *board) do(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// begin is a start of the service.
func (b *board) begin(directory string) {
	b.place = newPlace(filepath.Join(b.root, directory), filepath.Join(b.root, "state"),
		system{b.device, b.planned, b.mounts}, slog.New(slog.DiscardHandler))
}

// mount puts an empty disk, or the one that was in this place, over a folder.
func (b *board) mount(point string, device uint64) {
	b.t.Helper()
	path := filepath.Join(b.root, point)
	b.devices[path] = device
	b.do(os.Rename(path, path+".below"))
	disk := filepath.Join(b.root, fmt.Sprintf("disk%d", device))
	if _, err := os.Stat(disk); err != nil {
		b.do(os.Mkdir(disk, 0o750))
	}
	b.do(os.Rename(disk, path))
}

func (b *board) unmount(point string) {
	b.t.Helper()
	path := filepath.Join(b.root, point)
	b.do(os.Rename(path, filepath.Join(b.root, fmt.Sprintf("disk%d", b.devices[path]))))
	b.do(os.Rename(path+".below", path))
	delete(b.devices, path)
}

func (b *board) device(path string) (uint64, bool) {
	_, err := os.Stat(path)
	for ; path != "/"; path = filepath.Dir(path) {
		if number, ok := b.devices[path]; ok {
			return number, err == nil
		}
	}
	return systemsDisk, err == nil
}

func (b *board) planned() string { return strings.Join(b.fstab, "\n") }

func (b *board) mounts() string {
	text := "1 0 8:1 / / rw - ext4 /dev/root rw\n"
	for point, device := range b.devices {
		text += fmt.Sprintf("%d 1 8:%d / %s rw - ext4 /dev/disk rw\n", device, device, point)
	}
	return text
}

// enter does what the recorder does before it uses the folder, and says what came of it.
func (b *board) enter() error {
	b.t.Helper()
	if err := b.place.Look(); err != nil {
		return err
	}
	if err := os.Mkdir(b.place.path, 0o750); err != nil && !os.IsExist(err) {
		b.t.Fatal(err)
	}
	root, err := os.OpenRoot(b.place.path)
	b.do(err)
	defer root.Close()
	return b.place.Enter(root)
}

func (b *board) enters() {
	b.t.Helper()
	b.do(b.enter())
}

// refuses checks that the folder is refused in these words, and that nothing was made or changed below the root.
func (b *board) refuses(words string) {
	b.t.Helper()
	before := b.tree()
	err, again := b.enter(), b.place.Look()
	if _, isMissing := err.(*Missing); !isMissing || again == nil || !strings.Contains(err.Error(), words) {
		b.t.Errorf("it says %v, then %v; want %q", err, again, words)
	}
	if now := b.tree(); now != before {
		b.t.Errorf("there was\n%s, there is\n%s", before, now)
	}
}

func (b *board) tree() (all string) {
	b.do(filepath.Walk(b.root, func(path string, info os.FileInfo, err error) error {
		all += fmt.Sprintln(path, info.Size(), info.ModTime())
		return err
	}))
	return all
}

// consents does what the refusal says.
func (b *board) consents() {
	b.t.Helper()
	b.do(os.WriteFile(filepath.Join(b.place.path, markFile), nil, 0o600))
}

func TestAFolderOnTheSystemsDiskIsUsedAndMarked(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.enters()
	b.enters()
	m, err := readMark(b.place.path)
	if err != nil || m.id == "" || b.place.memory[b.place.path] != (remembered{ID: m.id}) {
		t.Errorf("%+v, %v, %+v", m, err, b.place.memory)
	}
	b.do(os.RemoveAll(b.place.path)) // by the owner
	b.begin("srv/recordings")
	b.enters()
}

func TestAFolderWhoseDiskIsMissingIsRefusedUntilTheDiskIsBack(t *testing.T) {
	for _, directory := range []string{"mnt/usb", "mnt/usb/recordings"} { // the mount point itself, and a folder in it
		b := newBoard(t, directory)
		b.mount("mnt/usb", 2)
		b.enters()
		b.unmount("mnt/usb")
		b.refuses("is not mounted on " + b.root + "/mnt/usb")
		b.begin(directory)
		b.refuses("sudo truncate -s 0 " + b.place.path + "/.petcam-place")
		b.mount("mnt/usb", 2)
		b.enters()
	}
}

func TestADiskMountedOverAUsedFolderIsTakenAndMissedFromThenOn(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.enters()
	b.mount("srv/recordings", 2)
	b.enters()
	b.unmount("srv/recordings") // below it is the mark of before
	b.refuses("is not mounted")
	b.mount("srv/recordings", 2)
	b.enters()
}

func TestACopyOfTheMarkOnANewDiskDoesNotPassForWhatIsBelowIt(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.enters()
	text, err := os.ReadFile(filepath.Join(b.place.path, markFile))
	b.do(err)
	b.mount("srv/recordings", 2)
	b.do(os.WriteFile(filepath.Join(b.place.path, markFile), text, 0o600))
	b.enters()
	b.unmount("srv/recordings")
	b.refuses("is not mounted")
}

func TestAnotherDiskIsRefusedUntilTheOwnerConsents(t *testing.T) {
	b := newBoard(t, "mnt/usb")
	b.mount("mnt/usb", 2)
	b.enters()
	b.unmount("mnt/usb")
	b.mount("mnt/usb", 3)
	b.refuses("or another is")
	b.consents()
	b.enters()
	b.begin("mnt/usb")
	b.enters()
	b.unmount("mnt/usb")
	b.mount("mnt/usb", 2)
	b.refuses("or another is")
}

func TestTheOwnerMayGoOnWithoutADisk(t *testing.T) {
	b := newBoard(t, "mnt/usb")
	b.mount("mnt/usb", 2)
	b.enters()
	b.unmount("mnt/usb")
	b.consents()
	b.enters()
	b.begin("mnt/usb")
	b.enters()
}

func TestAnUnknownFolderIsRefusedWhereFstabNamesADiskThatIsNotMounted(t *testing.T) {
	b := newBoard(t, "mnt/my usb/recordings")
	b.do(os.Rename(filepath.Join(b.root, "mnt/usb"), filepath.Join(b.root, "mnt/my usb")))
	point := strings.ReplaceAll(b.root+"/mnt/my usb", " ", `\040`)
	b.fstab = []string{"# " + point, "UUID=1 / ext4 defaults 0 1", "UUID=2 none swap sw 0 0", "UUID=3 " + point + " ext4 defaults,nofail 0 2"}
	b.refuses("sudo mount '" + b.root + "/mnt/my usb'")
	b.mount("mnt/my usb", 2)
	b.enters()
}

func TestAKnownFolderIsRefusedWhereFstabNamesANewDiskThatIsNotMounted(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.enters()
	b.fstab = []string{"UUID=3 " + b.place.path + " ext4 nofail 0 2"}
	b.refuses("Take its line out of /etc/fstab")
	b.mount("srv/recordings", 2)
	b.enters()
}

func TestAFolderThatIsBoundToItsPlaceIsUsed(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.fstab = []string{"/data/rec " + b.place.path + " none bind 0 0"}
	b.refuses("is not mounted")
	before := b.place.system.mounts
	b.place.system.mounts = func() string {
		return before() + "7 1 8:1 /data/rec " + b.place.path + " rw - ext4 /dev/root rw\n"
	}
	b.enters()
}

func TestWhatSystemdBindsToItselfIsNotMounted(t *testing.T) {
	points := mounted("1 0 8:1 / / ro - ext4 /dev/root rw\n" +
		"2 1 8:1 /var/lib/petcam /var/lib/petcam rw - ext4 /dev/root rw\n" +
		"3 2 8:1 /var/lib/petcam/re\\040c /var/lib/petcam/re\\040c rw - ext4 /dev/root rw\n" +
		"4 1 8:1 /data /srv rw - ext4 /dev/root rw\n" +
		"5 1 0:40 / /mnt/usb rw - nfs server:/ rw\n")
	if len(points) != 3 || !points["/"] || !points["/srv"] || !points["/mnt/usb"] {
		t.Errorf("mounted are %v", points)
	}
}

func TestFoldersForDisksAreNoneOfTheSystems(t *testing.T) {
	for path, mounts := range map[string]map[string]bool{ // whether there is no disk, by where one is mounted
		"/mnt/usb/recordings":       {"/": true, "/mnt/usb": false, "/mnt": false},
		"/media":                    {"/": true, "/media": false},
		"/run/media/me/disk":        {"/run": true, "/run/media/me/disk": false},
		"/srv/mnt":                  {"/": false},
		"/mnts":                     {"/": false},
		"/var/lib/petcam/recording": {"/": false, "/var": false},
	} {
		for mount, want := range mounts {
			if isForDisks(path, mount) != want {
				t.Errorf("%s with a disk on %s: %v", path, mount, !want)
			}
		}
	}
}

func TestADiskThatTheServicesOwnStateIsOnIsTheSystems(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.devices[b.root] = 2 // /var on a partition of its own
	b.enters()
	b.do(os.RemoveAll(b.place.path))
	b.do(os.Mkdir(b.place.path, 0o750))
	b.enters()
}

func TestADamagedMarkOrMemoryIsMadeAnew(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"version":2,"folders":{}}`, `{"version":1}`} {
		b := newBoard(t, "srv/recordings")
		b.do(os.WriteFile(filepath.Join(b.root, "state", memoryFile), []byte(text), 0o600))
		b.do(os.WriteFile(filepath.Join(b.place.path, markFile), []byte("petcam-place 2\n"), 0o600))
		b.begin("srv/recordings")
		b.enters()
		b.begin("srv/recordings")
		if m, err := readMark(b.place.path); err != nil || b.place.memory[b.place.path].ID != m.id || m.id == "" {
			t.Errorf("%q: %+v, %v", text, b.place.memory, err)
		}
	}
}

func TestWhatCannotBeNotedDoesNotEndRecording(t *testing.T) {
	b := newBoard(t, "srv/recordings")
	b.do(os.RemoveAll(filepath.Join(b.root, "state")))
	b.enters()
	b.enters()
	b.do(os.Mkdir(filepath.Join(b.root, "state"), 0o750))
	b.begin("srv/recordings")
	b.enters()
	if kept, err := readMemory(b.place.directory); err != nil || len(kept) != 1 {
		t.Errorf("%v, %v", kept, err)
	}
}
