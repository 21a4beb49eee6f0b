// faultfs mounts a folder through a file system whose faults a test chooses: full, read-only, slow to sync, failing at
// the n-th operation, killing who called, or without power. Needs root and /dev/fuse.
//
//	faultfs FOLDER MOUNTPOINT SOCKET
//
// It prints "ready" once it is mounted, takes orders at the Unix socket (control.go), and unmounts when its standard
// input ends, so that it does not outlive a test that was killed.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// maxWriteBytes keeps one write of the caller one operation here.
const maxWriteBytes = 1 << 20

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: faultfs FOLDER MOUNTPOINT SOCKET")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "faultfs:", err)
		os.Exit(1)
	}
}

// run serves until standard input ends.
func run(folder, mountpoint, socket string) error {
	disk := newDisk(folder)
	root, err := newRoot(disk)
	if err != nil {
		return err
	}
	options := &fs.Options{} // no timeouts: the kernel asks each time, so that the folder may be changed behind
	options.MountOptions = fuse.MountOptions{
		FsName: "petcam-faultfs", Name: "faultfs", MaxWrite: maxWriteBytes,
		AllowOther: true, Options: []string{"default_permissions"}, DirectMountStrict: true,
	}
	_, err = fs.Mount(mountpoint, root, options)
	if err != nil {
		return err
	}
	listener, err := listen(socket)
	if err == nil {
		go serve(listener, disk)
		fmt.Println("ready")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = listener.Close()
	}
	disk.clear() // or what waits would never end
	// It is not waited for: another mount namespace may have a copy for long. The end of this process ends that, too.
	return errors.Join(err, unix.Unmount(mountpoint, unix.MNT_DETACH))
}
