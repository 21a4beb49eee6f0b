package shm_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

func TestItRefusesAHeaderThatItMustNotTrust(t *testing.T) {
	for name, c := range map[string]struct {
		change func(header []byte)
		want   string
	}{
		"a newer ABI version": {set32(shm.OffsetABIVersion, 7), "ABI version 7, this petcam reads 1: upgrade petcam"},
		"no ABI version":      {set32(shm.OffsetABIVersion, 0), "ABI version 0, this petcam reads 1: upgrade the daemon"},
		"another header size": {set32(shm.OffsetHeaderSize, 128), "its sizes are not those of ABI version 1"},
		"another slot count":  {set32(shm.OffsetSlotCount, 1024), "its sizes are not those of ABI version 1"},
		"another slot size":   {set32(shm.OffsetSlotSize, 128), "its sizes are not those of ABI version 1"},
		"another data start":  {set32(shm.OffsetDataStart, 4096), "its sizes are not those of ABI version 1"},
		"another data size":   {set32(shm.OffsetDataCapacity, 1<<31), "its sizes are not those of ABI version 1"},
		"another file size":   {set32(shm.OffsetSegmentSize, 4096), "its header says 4096 bytes but it has 16777216"},
		"no epoch":            {func(header []byte) { put64(header, shm.OffsetEpoch, 0); shmtest.Seal(header) }, "its epoch is 0: restart the daemon that writes it"},
		"a bad checksum":      {func(header []byte) { header[shm.OffsetHeaderCRC]++ }, "checksum is wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			header := shmtest.Header(1)
			c.change(header)
			segment := makeSegment(t, header, shm.SegmentSize)
			wantRefusal(t, segment, c.want)
		})
	}
}

func TestItRefusesAFileThatIsLargerThanItsHeaderSays(t *testing.T) {
	wantRefusal(t, makeSegment(t, shmtest.Header(1), shm.SegmentSize+4096), "its header says 16777216 bytes but it has 16781312")
}

func TestItWaitsForAHeaderThatIsNotWritten(t *testing.T) {
	detections := shmtest.Header(1)
	copy(detections, "PETCAMD")
	for name, segment := range map[string]string{
		"an empty file":  makeSegment(t, nil, 0),
		"half a header":  makeSegment(t, shmtest.Header(1), 4095),
		"only zeros":     makeSegment(t, nil, shm.SegmentSize),
		"another kind's": makeSegment(t, detections, shm.SegmentSize),
		"another magic":  makeSegment(t, []byte("petcams"), 4096),
	} {
		reader := open(t, segment)
		if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
			t.Errorf("%s: Rewind: %v, want ErrNoVideo", name, err)
		}
		if state, message := reader.State(); state != shm.Waiting {
			t.Errorf("%s: state %s (%s), want %s", name, state, message, shm.Waiting)
		}
	}
}

func TestItRefusesASymbolicLink(t *testing.T) {
	target, link := shmtest.Name(t), shmtest.Name(t)
	shmtest.New(t, target)
	if err := os.Symlink(shm.Directory+target, shm.Directory+link); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, link, "is a symbolic link: remove it (rm /dev/shm"+link+")")
}

func TestItRefusesWhatIsNoFile(t *testing.T) {
	directory, fifo := shmtest.Name(t), shmtest.Name(t)
	if err := os.Mkdir(shm.Directory+directory, 0o700); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, directory, "is not a regular file: remove it")
	if err := unix.Mkfifo(shm.Directory+fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, fifo, "is not a regular file: remove it")
}

func TestItRefusesASegmentThatOthersCanWrite(t *testing.T) {
	for name, c := range map[string]struct {
		mode os.FileMode
		want string
	}{
		"everybody": {0o646, "can be written by everybody (mode 0646)"},
		"a group":   {0o660, "can be written by group"},
	} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			shmtest.New(t, segment)
			if err := os.Chmod(shm.Directory+segment, c.mode); err != nil {
				t.Fatal(err)
			}
			wantRefusal(t, segment, c.want)
		})
	}
}

func TestItRefusesASegmentOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	segment := shmtest.Name(t)
	shmtest.New(t, segment)
	const nobody = 65534
	if err := os.Chown(shm.Directory+segment, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, segment, "belongs to user 65534")
}

func TestItTrustsOnlyRootItselfAndPetcam(t *testing.T) {
	const petcamUser, petcamGroup, stranger = 996, 995, 12345
	self := uint32(os.Geteuid())
	for name, c := range map[string]struct {
		uid, gid, mode uint32
		want           string // "" is trusted
	}{
		"root's":                        {0, petcamGroup, unix.S_IFREG | 0o640, ""},
		"its own":                       {self, 100, unix.S_IFREG | 0o600, ""},
		"petcam's":                      {petcamUser, petcamGroup, unix.S_IFREG | 0o640, ""},
		"petcam's, its group may write": {petcamUser, petcamGroup, unix.S_IFREG | 0o660, ""},
		"petcam's, a group may write":   {petcamUser, 100, unix.S_IFREG | 0o660, "by group 100 (mode 0660)"},
		"petcam's, everybody may write": {petcamUser, petcamGroup, unix.S_IFREG | 0o666, "by everybody (mode 0666)"},
		"a stranger's":                  {stranger, 100, unix.S_IFREG | 0o640, "belongs to user 12345"},
		"petcam's, but a directory":     {petcamUser, petcamGroup, unix.S_IFDIR | 0o750, "is not a regular file"},
		"given to petcam's group":       {stranger, petcamGroup, unix.S_IFREG | 0o640, ""},
	} {
		err := shm.CheckOwner(&unix.Stat_t{Uid: c.uid, Gid: c.gid, Mode: c.mode}, petcamUser, petcamGroup)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	if err := shm.CheckOwner(&unix.Stat_t{Uid: stranger, Mode: unix.S_IFREG | 0o640}, -1, -1); err == nil {
		t.Error("trusts a stranger where there is no petcam")
	}
}

func TestARefusalIsLoggedOnceWithSegmentAndRemedy(t *testing.T) {
	header := shmtest.Header(1)
	set32(shm.OffsetABIVersion, 2)(header)
	segment, log := makeSegment(t, header, shm.SegmentSize), &shmtest.Log{}
	reader := shm.Open(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	defer func() { _ = reader.Close() }()
	for range 3 {
		if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
			t.Errorf("Rewind: %v, want ErrNoVideo", err)
		}
	}
	if got := log.Lines(); len(got) != 1 || !strings.Contains(got[0], segment) || !strings.Contains(got[0], "upgrade petcam") {
		t.Errorf("logged %q, want one line with segment and remedy", got)
	}
	got := nextLater(t, reader)
	publish(shmtest.New(t, segment), 0, 'K') // a better writer takes its place
	<-got
	wantState(t, reader, shm.Live)
}

func TestTheMappingIsReadOnly(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	shmtest.Next(t, reader)
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	readable, writable := 0, 0
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, writer.Path()) {
			switch strings.Fields(line)[1] {
			case "r--s":
				readable++
			case "rw-s":
				writable++
			}
		}
	}
	if readable != 1 || writable != 1 {
		t.Errorf("%d mappings to read and %d to write, want the reader's and the writer's", readable, writable)
	}
}

func TestAWriteThroughTheMappingFaults(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	shmtest.Next(t, reader)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault, ok := recover().(runtime.Error); !ok || !strings.Contains(fault.Error(), "memory") {
			t.Errorf("got %v, want a fault", fault)
		}
	}()
	reader.Memory()[shm.OffsetNews]++
}

func FuzzParseHeader(f *testing.F) {
	f.Add(shmtest.Header(1), int64(shm.SegmentSize))
	f.Add([]byte("PETCAMS\x00\x02"), int64(4096))
	f.Fuzz(func(t *testing.T, data []byte, size int64) {
		var raw shm.FixedHeader
		copy(raw[:], data)
		shmtest.Seal(raw[:]) // so that what is behind the checksum is reached
		epoch, err := shm.ParseHeader(&raw, size)
		switch {
		case err == nil && (size != shm.SegmentSize || epoch != binary.LittleEndian.Uint64(raw[shm.OffsetEpoch:])):
			t.Errorf("accepted a file of %d bytes as epoch %d", size, epoch)
		case err != nil && !errors.Is(err, shm.ErrNoData) && !errors.As(err, new(shm.Refusal)):
			t.Errorf("failed with %T %v", err, err)
		}
	})
}

// set32 changes a field of a header and puts its checksum right.
func set32(offset int, value uint32) func([]byte) {
	return func(header []byte) {
		binary.LittleEndian.PutUint32(header[offset:], value)
		shmtest.Seal(header)
	}
}

// makeSegment makes a segment that begins with these bytes.
func makeSegment(t *testing.T, begin []byte, size int64) (name string) {
	t.Helper()
	name = shmtest.Name(t)
	if err := os.WriteFile(shm.Directory+name, begin, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(shm.Directory+name, size); err != nil {
		t.Fatal(err)
	}
	return name
}

// wantRefusal opens a segment and expects it to be refused and logged with these words, its name and a remedy.
func wantRefusal(t *testing.T, segment, words string) {
	t.Helper()
	log := &shmtest.Log{}
	reader := shm.Open(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	defer func() { _ = reader.Close() }()
	if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
		t.Errorf("Rewind: %v, want ErrNoVideo", err)
	}
	state, message := reader.State()
	if state != shm.Refused || !strings.Contains(message, words) || !strings.HasPrefix(message, segment+": ") {
		t.Errorf("state %s (%s), want %s with %q", state, message, shm.Refused, words)
	}
	if got := log.Lines(); len(got) != 1 || !strings.Contains(got[0], segment) || !strings.Contains(got[0], words) || !remedy.MatchString(got[0]) {
		t.Errorf("logged %q, want one line with %s, %q and a remedy", got, segment, words)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v, want that it waits", err)
	}
}

// remedy is what a person can do about a refused segment.
var remedy = regexp.MustCompile(`: (upgrade|restart|remove it \(rm /dev/shm/|the daemon that writes it must|correct)`)
