package h264

const extendedSAR = 255

// readVUI walks through the video usability information (ITU-T H.264, E.1.1) to max_num_reorder_frames near its end.
func (s *SPS) readVUI(r *bitReader) {
	if r.flag() && r.bits(8) == extendedSAR { // aspect_ratio_info_present_flag
		r.bits(32) // sar_width, sar_height
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
	s.MaxReorderFrames = int(r.ue())
	r.ue() // max_dec_frame_buffering
}
