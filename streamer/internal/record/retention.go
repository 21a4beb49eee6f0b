package record

// minFreeAlways are the bytes that stay free whatever is configured: the table of a finished file must fit.
const minFreeAlways = 4 << 20

// retention is the rule by which recordings go for the sake of free space; docs/recordings.md, "Space", gives its
// reasons. It touches no disk.
type retention struct {
	// balance is how many bytes the recordings have grown since there was room, less those that were deleted. Below
	// zero it is a debt: more was deleted than had grown.
	balance int64
}

func (r *retention) grew(bytes int64) { r.balance += bytes }

// room takes note that enough is free: what grew before counts no more, debts do.
func (r *retention) room() { r.balance = min(r.balance, 0) }

// deleted takes note of a recording deleted to make room.
func (r *retention) deleted(bytes int64) { r.balance -= bytes }

// deletedOtherwise takes note of one deleted for another reason: it uses up what has grown, and makes no debt.
func (r *retention) deletedOtherwise(bytes int64) {
	r.balance = max(r.balance-bytes, min(r.balance, 0))
}

// without is the rule once these have been deleted to make room.
func (r retention) without(victims []recording) retention {
	for _, victim := range victims {
		r.deleted(victim.size)
	}
	return r
}

// victims returns those of the recordings (in the order in which they go) that may go while so many bytes are missing. Each needs a
// balance above zero. It must not be larger than that, unless room can be restored and the recordings have taken at
// least half of what is missing themselves.
func (r retention) victims(recordings []recording, missing int64) (victims []recording) {
	restores := 2*r.balance >= missing && freeable(recordings) >= missing
	for _, oldest := range recordings {
		if oldest.frees() == 0 {
			continue
		}
		if missing <= 0 || r.balance <= 0 || !restores && oldest.size > r.balance {
			break
		}
		victims = append(victims, oldest)
		r.deleted(oldest.size)
		missing -= oldest.frees()
	}
	return victims
}

// mayGoOn says whether a recording may go on although so many of the least bytes are missing and nothing may go. One
// that begins needs more than one that runs, so that it does not end at once.
func (r retention) mayGoOn(missing, least int64, begins bool) bool {
	byOthers := missing - max(r.balance, 0)
	return missing <= least/2 && (!begins || byOthers <= least/4)
}

// freeable are the bytes that deleting all that may be deleted would free.
func freeable(recordings []recording) (bytes int64) {
	for _, r := range recordings {
		bytes += r.frees()
	}
	return bytes
}
