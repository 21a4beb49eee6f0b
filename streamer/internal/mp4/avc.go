package mp4

// sampleEntries returns the content of stsd (ISO/IEC 14496-15): one avc1 entry.
func sampleEntries(t Track) []byte {
	var w boxes
	w.u32s(0, 1) // version and flags, one entry
	w.box("avc1", func() {
		w.u32s(0, 1) // reserved, data reference 1
		w.u32s(0, 0, 0, 0)
		w.u16(uint16(t.Width))
		w.u16(uint16(t.Height))
		w.u32s(0x480000, 0x480000, 0) // 72 dpi
		w.u16(1)                      // frame per sample
		w.b = append(w.b, make([]byte, 32)...)
		w.u16(24)     // depth
		w.u16(0xffff) // no colour table
		w.box("avcC", func() { appendConfiguration(&w, t) })
	})
	return w.b
}

// appendConfiguration appends an AVCDecoderConfigurationRecord with NAL unit lengths of four bytes.
func appendConfiguration(w *boxes, t Track) {
	sps := t.SPS[0]
	w.u8(1)
	w.b = append(w.b, sps[1:4]...) // profile, constraints, level
	w.u8(0xfc | 3)
	w.u8(0xe0 | byte(len(t.SPS)))
	appendParameterSets(w, t.SPS)
	w.u8(byte(len(t.PPS)))
	appendParameterSets(w, t.PPS)
	switch sps[1] {
	case 100, 110, 122, 144: // the High profiles say what they hold
		chroma, luma8, chroma8 := highFormat(sps[4:])
		w.b = append(w.b, 0xfc|chroma, 0xf8|luma8, 0xf8|chroma8, 0)
	}
}

func appendParameterSets(w *boxes, sets [][]byte) {
	for _, set := range sets {
		w.u16(uint16(len(set)))
		w.b = append(w.b, set...)
	}
}

// highFormat reads chroma_format_idc and the bit depths (less 8) out of an SPS of a High profile, from behind its level.
func highFormat(b []byte) (chroma, luma8, chroma8 byte) {
	bits := expGolomb{b: b}
	bits.next() // seq_parameter_set_id
	chroma = byte(bits.next()) & 3
	if chroma == 3 {
		bits.at++ // separate_colour_plane_flag
	}
	return chroma, byte(bits.next()) & 7, byte(bits.next()) & 7
}

// expGolomb reads ue(v) values; behind the end it reads zeros.
type expGolomb struct {
	b  []byte
	at int // bits
}

func (e *expGolomb) bit() uint {
	i := e.at
	e.at++
	if i>>3 >= len(e.b) {
		return 0
	}
	return uint(e.b[i>>3]>>(7-i&7)) & 1
}

func (e *expGolomb) next() uint {
	zeros := 0
	for e.bit() == 0 && zeros < 16 {
		zeros++
	}
	value := uint(1)
	for range zeros {
		value = value<<1 | e.bit()
	}
	return value - 1
}
