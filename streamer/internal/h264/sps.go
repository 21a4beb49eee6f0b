package h264

import "errors"

// ErrBadSPS says that a sequence parameter set does not follow the standard.
var ErrBadSPS = errors.New("h264: bad sequence parameter set")

const (
	profileBaseline  = 66
	pocOutputInOrder = 2 // pic_order_cnt_type: pictures are shown in the order in which they are decoded
	maxSPSID         = 31
	maxMacroblocks   = 1 << 12 // a side of a picture in macroblocks: 65,536 pixels, more than the contract can say
)

// SPS is what petcam needs to know of a sequence parameter set.
type SPS struct {
	ID          uint8 // seq_parameter_set_id
	Profile     uint8 // profile_idc; 66 is baseline
	Constraints uint8 // constraint_set0..5_flag from the top bit on
	Level       uint8 // level_idc; 31 is level 3.1
	Width       int   // pixels, cropping applied
	Height      int
	// Aspect is a pixel's width and height, [1 1] where the VUI does not say, or says what cannot be.
	Aspect [2]int
	// MaxReorderFrames is the VUI's max_num_reorder_frames, or -1 where the VUI does not say.
	MaxReorderFrames int

	pictureOrder uint32 // pic_order_cnt_type
	format       pixelFormat
	decoding     string // the bits from the id up to the VUI: how pictures are decoded
}

// pixelFormat says what the decoded samples are.
type pixelFormat struct{ chroma, luma8, chroma8 uint32 } // chroma_format_idc, and the bit depths less 8

// Fits says whether pictures of this SPS can follow those of the first in a track that was described by it: the track says
// the profile, the constraints that all of them keep, the highest level, and size and shape of the picture.
func (s SPS) Fits(first SPS) bool {
	return s.Profile == first.Profile && first.Constraints&^s.Constraints == 0 && s.Level <= first.Level &&
		s.Width == first.Width && s.Height == first.Height && s.Aspect == first.Aspect && s.format == first.format
}

// DecodesAs says whether a decoder makes the same pictures by this SPS as by the other: they differ in the VUI at most,
// which only says how pictures are meant to be shown.
func (s SPS) DecodesAs(other SPS) bool {
	return s.Profile == other.Profile && s.decoding == other.decoding
}

// CanReorder says whether pictures may be shown in another order than they are decoded in (B-frames).
func (s SPS) CanReorder() bool {
	intraOnly := s.Profile >= 100 && s.Constraints&0x10 != 0 // constraint_set3_flag of the high profiles
	switch {
	case s.Profile == profileBaseline, s.pictureOrder == pocOutputInOrder, intraOnly:
		return false
	default:
		return s.MaxReorderFrames != 0
	}
}

// ParseSPS reads a sequence parameter set as NALs yields it (ITU-T H.264, 7.3.2.1.1); it fails with ErrBadSPS.
func ParseSPS(nal []byte) (SPS, error) {
	if len(nal) < 4 || TypeOf(nal) != NALSPS {
		return SPS{}, ErrBadSPS
	}
	sps := SPS{Profile: nal[1], Constraints: nal[2], Level: nal[3], Aspect: [2]int{1, 1}, MaxReorderFrames: -1}
	r := &bitReader{data: nal[4:]}
	id := r.ue()
	sps.ID = uint8(id)
	chroma := uint32(1)
	sps.format.chroma = chroma
	if hasChromaFormat(sps.Profile) {
		sps.format, chroma = readChroma(r)
	}
	r.ue() // log2_max_frame_num_minus4
	sps.pictureOrder = readPictureOrder(r)
	r.ue()   // max_num_ref_frames
	r.flag() // gaps_in_frame_num_value_allowed_flag
	sps.readSize(r, chroma)
	if r.failed || id > maxSPSID || sps.Width <= 0 || sps.Height <= 0 {
		return SPS{}, ErrBadSPS
	}
	sps.decoding = firstBits(nal[4:], r.read)
	if r.flag() { // vui_parameters_present_flag
		sps.readVUI(r) // what is cut off counts as not said: pictures are decoded without it
	}
	return sps, nil
}

// firstBits gives so many bits of a payload, without emulation prevention bytes.
func firstBits(payload []byte, count int) string {
	r := &bitReader{data: payload}
	bits := make([]byte, 0, count/8+1)
	for range count / 8 {
		bits = append(bits, byte(r.bits(8)))
	}
	return string(append(bits, byte(r.bits(count%8))))
}

func hasChromaFormat(profile uint8) bool {
	switch profile {
	case 44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244:
		return true
	}
	return false
}

// readChroma reads what only the high profiles have; arrayType is ChromaArrayType.
func readChroma(r *bitReader) (format pixelFormat, arrayType uint32) {
	format.chroma = r.ue()
	separate := format.chroma == 3 && r.flag()
	format.luma8 = r.ue()
	format.chroma8 = r.ue()
	r.flag() // qpprime_y_zero_transform_bypass_flag
	if r.flag() {
		skipScalingLists(r, format.chroma)
	}
	switch {
	case format.chroma > 3:
		r.failed = true
	case separate:
		return format, 0
	}
	return format, format.chroma
}

func skipScalingLists(r *bitReader, format uint32) {
	lists := 8
	if format == 3 {
		lists = 12
	}
	for list := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if list >= 6 {
			size = 64
		}
		for last, next := int32(8), int32(8); size > 0 && next != 0; size-- {
			next = (last + r.se()) & 0xff
			last = next
		}
	}
}

func readPictureOrder(r *bitReader) uint32 {
	kind := r.ue()
	switch kind {
	case 0:
		r.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.flag() // delta_pic_order_always_zero_flag
		r.se()   // offset_for_non_ref_pic
		r.se()   // offset_for_top_to_bottom_field
		for count := min(r.ue(), 255); count > 0; count-- {
			r.se() // offset_for_ref_frame
		}
	case pocOutputInOrder:
	default:
		r.failed = true
	}
	return kind
}

// readSize reads from pic_width_in_mbs_minus1 to the cropping rectangle, whose unit is one chroma sample.
func (s *SPS) readSize(r *bitReader, chroma uint32) {
	columns, rows := r.ue()+1, r.ue()+1
	fields := 1
	if frameOnly := r.flag(); !frameOnly {
		r.flag() // mb_adaptive_frame_field_flag
		fields = 2
	}
	r.flag() // direct_8x8_inference_flag
	if columns > maxMacroblocks || rows > maxMacroblocks {
		r.failed = true
		return
	}
	s.Width, s.Height = int(columns)*16, int(rows)*16*fields
	if !r.flag() { // frame_cropping_flag
		return
	}
	unitX, unitY := 1, fields
	if chroma == 1 || chroma == 2 {
		unitX = 2
	}
	if chroma == 1 {
		unitY *= 2
	}
	left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
	s.Width -= unitX * (int(left) + int(right))
	s.Height -= unitY * (int(top) + int(bottom))
}
