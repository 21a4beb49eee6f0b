package h264

const (
	maxPPSID  = 255
	sliceHead = 24 // bytes in which all is that petcam reads of a slice's header
)

// PPSIDs reads which PPS a NAL unit is and to which SPS it belongs (ITU-T H.264, 7.3.2.2); ok is false where it is broken.
func PPSIDs(nal []byte) (id, spsID uint8, ok bool) {
	r := bitReader{data: nal[1:]}
	pps, sps := r.ue(), r.ue()
	return uint8(pps), uint8(sps), !r.failed && pps <= maxPPSID && sps <= maxSPSID
}

// ppsOfSlice reads which PPS a slice uses (ITU-T H.264, 7.3.3); ok is false where its header is broken.
func ppsOfSlice(nal []byte) (id uint8, ok bool) {
	r := bitReader{data: nal[1:]}
	r.ue() // first_mb_in_slice
	r.ue() // slice_type
	pps := r.ue()
	return uint8(pps), !r.failed && pps <= maxPPSID
}

// spsID reads which SPS a NAL unit is; ok is false where it is broken.
func spsID(nal []byte) (id uint8, ok bool) {
	if len(nal) < 4 {
		return 0, false
	}
	r := bitReader{data: nal[4:]}
	sps := r.ue()
	return uint8(sps), !r.failed && sps <= maxSPSID
}
