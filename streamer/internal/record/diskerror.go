package record

import (
	"errors"
	"io/fs"
	"syscall"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/place"
)

// errDeleted says that the growing file is not to be found any more.
var errDeleted = errors.New("the file being recorded was deleted, or its disk unmounted")

// openError says that the recordings directory cannot be opened.
type openError struct{ error }

func (e openError) Unwrap() error { return e.error }

// diskError makes an apierror of an error of the disk: what to do goes into the message, the rest into the log only.
// It is nil for nil, and leaves an apierror as it is.
func diskError(err error) error {
	if err == nil {
		return nil // before anything is allocated: this is called for each frame
	}
	var f *apierror.Error
	if errors.As(err, &f) {
		return err
	}
	reason, message := remedy(err)
	return apierror.New(apierror.RecordingFailed, "%s", message).WithReason(reason).WithCause(err)
}

// remedy says what is wrong, in one of the phrases of docs/http-api.md, and what to do.
func remedy(err error) (reason, message string) {
	var opening openError
	var missing *place.Missing
	isOpening := errors.As(err, &opening)
	switch {
	case errors.As(err, &missing):
		return DiskNotMounted, missing.Error()
	case isOpening && errors.Is(err, fs.ErrNotExist):
		return "Directory missing", "The folder that recording.directory lies in is not there; " +
			"mount its disk, or make the folder"
	case isOpening && (errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ELOOP)):
		return "Not a directory", "recording.directory is a link that leads nowhere; make it a folder, or let it lead to one"
	case errors.Is(err, errDeleted), errors.Is(err, fs.ErrNotExist):
		return "Directory removed", "The recordings directory, or the file being recorded in it, was removed, or its disk " +
			"unmounted; start again"
	case isGone(err):
		return "Directory missing", "The disk of recording.directory is gone; plug it in, unmount what is left of it, and " +
			"mount it again"
	case errors.Is(err, syscall.EFBIG):
		return "File too large", "The file reached the largest size that is allowed here; lower recording.segment_minutes"
	case isFull(err):
		return "Disk full", "The disk is full; delete recordings, or move recording.directory to a larger disk"
	case errors.Is(err, syscall.EROFS):
		return "Disk read-only", "recording.directory, or its disk, is read-only for petcam-streamer; what mends it says: sudo petcam doctor"
	case errors.Is(err, fs.ErrPermission):
		return "Not permitted", "recording.directory may not be written to; what mends it says: sudo petcam doctor"
	case errors.Is(err, syscall.ENOTDIR):
		return "Not a directory", "recording.directory is not a directory; move away what is in its place, or name another"
	default:
		return "Disk fault", "The disk of recording.directory has a fault; see the log, and check the disk"
	}
}

// isFull says that the disk or the quota is full, so that deleting files may help.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// isGone says that nobody answers for the disk: it was pulled out, or its FUSE program has ended.
func isGone(err error) bool {
	for _, gone := range []error{syscall.ENOTCONN, syscall.ECONNABORTED, syscall.ENODEV, syscall.ENXIO} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// linksOf returns how many names a file has.
func linksOf(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 1
}
