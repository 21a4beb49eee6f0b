package h264

const (
	extendedSAR = 255
	maxAspect   = 8 // a pixel's width to its height, or the other way; what is over it is a nonsense
)

// sampleAspects are the ratios by aspect_ratio_idc (ITU-T H.264, table E-1), from 1 on.
func sampleAspects() [16][2]int {
	return [...][2]int{{1, 1}, {12, 11}, {10, 11}, {16, 11}, {40, 33}, {24, 11}, {20, 11}, {32, 11}, {80, 33}, {18, 11},
		{15, 11}, {64, 33}, {160, 99}, {4, 3}, {3, 2}, {2, 1}}
}

// readVUI walks through the video usability information (ITU-T H.264, E.1.1) to max_num_reorder_frames near its end.
func (s *SPS) readVUI(r *bitReader) {
	if r.flag() { // aspect_ratio_info_present_flag
		s.Aspect = readAspect(r)
	}
	if r.flag() { // overscan_info_present_flag
		r.flag()
	}
	if r.flag() { // video_signal_type_present_flag
		r.bits(4) // video_format, video_full_range_flag
		if r.flag() {
			r.bits(24) // colour_primaries, transfer_characteristics, matrix_coefficients
		}
	}
	if r.flag() { // chroma_loc_info_present_flag
		r.ue()
		r.ue()
	}
	if r.flag() { // timing_info_present_flag
		r.bits(32) // num_units_in_tick
		r.bits(32) // time_scale
		r.flag()
	}
	nal, vcl := readHRD(r), readHRD(r)
	if nal || vcl {
		r.flag() // low_delay_hrd_flag
	}
	r.flag()      // pic_struct_present_flag
	if r.flag() { // bitstream_restriction_flag
		s.readRestriction(r)
	}
}

// readAspect reads a pixel's width and height; [1 1] where it is not told or makes no sense.
func readAspect(r *bitReader) [2]int {
	aspect, known := [2]int{}, sampleAspects()
	switch idc := r.bits(8); {
	case idc == extendedSAR:
		aspect = [2]int{int(r.bits(16)), int(r.bits(16))}
	case idc >= 1 && int(idc) <= len(known):
		aspect = known[idc-1]
	}
	if least := min(aspect[0], aspect[1]); r.failed || least == 0 || max(aspect[0], aspect[1]) > maxAspect*least {
		return [2]int{1, 1}
	}
	return aspect
}

// readHRD reads an optional hrd_parameters and says whether there was one.
func readHRD(r *bitReader) bool {
	if !r.flag() {
		return false
	}
	count := min(r.ue(), 31) + 1 // cpb_cnt_minus1
	r.bits(8)                    // bit_rate_scale, cpb_size_scale
	for ; count > 0; count-- {
		r.ue()
		r.ue()
		r.flag()
	}
	r.bits(20) // four lengths of five bits
	return true
}

func (s *SPS) readRestriction(r *bitReader) {
	r.flag() // motion_vectors_over_pic_boundaries_flag
	r.ue()   // max_bytes_per_pic_denom
	r.ue()   // max_bits_per_mb_denom
	r.ue()   // log2_max_mv_length_horizontal
	r.ue()   // log2_max_mv_length_vertical
	reorder := int(r.ue())
	r.ue() // max_dec_frame_buffering
	if !r.failed {
		s.MaxReorderFrames = reorder
	}
}
