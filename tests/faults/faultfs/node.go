package main

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or folder of the folder behind, of which operations go by way of the disk.
type node struct {
	*fs.LoopbackNode
	disk *disk
}

func newRoot(d *disk) (fs.InodeEmbedder, error) {
	var at syscall.Stat_t
	if err := syscall.Stat(d.folder, &at); err != nil {
		return nil, err
	}
	root := &fs.LoopbackRoot{Path: d.folder, Dev: at.Dev}
	root.RootNode = &node{&fs.LoopbackNode{RootData: root}, d}
	return root.RootNode, nil
}

// WrapChild makes what a folder gives us of a file or folder in it one of ours.
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{child.(*fs.LoopbackNode), n.disk}
}

// below is where name of this folder is, below the mount point; without name this node itself.
func (n *node) below(name string) string { return path.Join(n.Path(n.Root()), name) }

// behind is where name of this folder is in truth.
func (n *node) behind(name string) string { return filepath.Join(n.disk.folder, n.below(name)) }

// writing says whether a file is opened for writing.
func writing(flags uint32) bool { return flags&syscall.O_ACCMODE != syscall.O_RDONLY }

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (made *fs.Inode, file fs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	errno = n.disk.do(ctx, operation{Kind: "create", Path: n.below(name)}, func() (errno syscall.Errno) {
		made, file, fuseFlags, errno = n.LoopbackNode.Create(ctx, name, flags, mode, out)
		if errno == 0 {
			n.disk.created(n.behind(name))
		}
		return errno
	})
	return made, ours(file), fuseFlags | writesOf(name), errno
}

func (n *node) Open(ctx context.Context, flags uint32) (file fs.FileHandle, fuseFlags uint32, errno syscall.Errno) {
	op := operation{Kind: "read", Path: n.below("")}
	if writing(flags) {
		op.Kind = "open"
	}
	errno = n.disk.do(ctx, op, func() (errno syscall.Errno) {
		file, fuseFlags, errno = n.LoopbackNode.Open(ctx, flags)
		return errno
	})
	return ours(file), fuseFlags | writesOf(n.below("")), errno
}

func (n *node) Write(ctx context.Context, file fs.FileHandle, data []byte, offset int64) (written uint32, errno syscall.Errno) {
	op := operation{Kind: "write", Path: n.below(""), Offset: offset, Size: int64(len(data))}
	op.Begins = slices.Clone(data[:min(len(data), 48)])
	errno = n.disk.do(ctx, op, func() (errno syscall.Errno) {
		written, errno = file.(fs.FileWriter).Write(ctx, data, offset)
		return errno
	})
	return written, errno
}

// Fsync, and Fsyncdir below, ask nothing of the real disk: what would outlive a power cut is in power.go.
func (n *node) Fsync(ctx context.Context, _ fs.FileHandle, _ uint32) syscall.Errno {
	return n.disk.do(ctx, operation{Kind: "fsync", Path: n.below("")}, func() syscall.Errno {
		n.disk.synced(n.behind(""))
		return 0
	})
}

func (n *node) Setattr(ctx context.Context, file fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return n.disk.do(ctx, operation{Kind: "setattr", Path: n.below("")}, func() syscall.Errno {
		return n.LoopbackNode.Setattr(ctx, file, in, out)
	})
}

func (n *node) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	to := parent.(*node).below(newName)
	return n.disk.do(ctx, operation{Kind: "rename", Path: to}, func() syscall.Errno {
		return n.LoopbackNode.Rename(ctx, name, parent, newName, flags)
	})
}

func (n *node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (made *fs.Inode, errno syscall.Errno) {
	errno = n.disk.do(ctx, operation{Kind: "link", Path: n.below(name)}, func() (errno syscall.Errno) {
		made, errno = n.LoopbackNode.Link(ctx, target, name, out)
		return errno
	})
	return made, errno
}

func (n *node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (made *fs.Inode, errno syscall.Errno) {
	errno = n.disk.do(ctx, operation{Kind: "link", Path: n.below(name)}, func() (errno syscall.Errno) {
		made, errno = n.LoopbackNode.Symlink(ctx, target, name, out)
		return errno
	})
	return made, errno
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (made *fs.Inode, errno syscall.Errno) {
	errno = n.disk.do(ctx, operation{Kind: "mkdir", Path: n.below(name)}, func() (errno syscall.Errno) {
		made, errno = n.LoopbackNode.Mkdir(ctx, name, mode, out)
		return errno
	})
	return made, errno
}

func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	return n.disk.do(ctx, operation{Kind: "unlink", Path: n.below(name)}, func() syscall.Errno {
		return n.LoopbackNode.Unlink(ctx, name)
	})
}

func (n *node) Rmdir(ctx context.Context, name string) syscall.Errno {
	return n.disk.do(ctx, operation{Kind: "unlink", Path: n.below(name)}, func() syscall.Errno {
		return n.LoopbackNode.Rmdir(ctx, name)
	})
}

func (n *node) Statfs(ctx context.Context, out *fuse.StatfsOut) syscall.Errno {
	errno := n.LoopbackNode.Statfs(ctx, out)
	if n.disk.isFull() {
		out.Bfree, out.Bavail = 0, 0
	}
	return errno
}

func (n *node) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	stream, errno := fs.NewLoopbackDirStream(n.behind(""))
	if errno != 0 {
		return nil, 0, errno
	}
	return &openFolder{stream, n}, 0, 0
}

// writesOf has the kernel hand on a write as it came. Through its cache it would hand on each page by itself, but only
// there can programs share a map of a file, as SQLite's are.
func writesOf(name string) uint32 {
	if strings.HasSuffix(name, "-shm") {
		return 0
	}
	return fuse.FOPEN_DIRECT_IO
}

// openFile is one that the kernel does not read and write by itself, past the disk.
type openFile struct{ *fs.LoopbackFile }

func (openFile) PassthroughFd() (int, bool) { return -1, false }

func ours(file fs.FileHandle) fs.FileHandle {
	if opened, ok := file.(*fs.LoopbackFile); ok && opened != nil {
		return openFile{opened}
	}
	return nil
}

// openFolder is a folder of which fsync goes by way of the disk.
type openFolder struct {
	fs.DirStream
	node *node
}

func (f *openFolder) Readdirent(ctx context.Context) (*fuse.DirEntry, syscall.Errno) {
	return f.DirStream.(fs.FileReaddirenter).Readdirent(ctx)
}

func (f *openFolder) Seekdir(ctx context.Context, offset uint64) syscall.Errno {
	return f.DirStream.(fs.FileSeekdirer).Seekdir(ctx, offset)
}

func (f *openFolder) Releasedir(context.Context, uint32) { f.Close() }

func (f *openFolder) Fsyncdir(ctx context.Context, _ uint32) syscall.Errno {
	return f.node.disk.do(ctx, operation{Kind: "fsyncdir", Path: f.node.below("")}, func() syscall.Errno {
		f.node.disk.syncedFolder(f.node.behind(""))
		return 0
	})
}
