/* petcam_shm.h - the shared-memory contract of petcam, ABI version 1.
 *
 * docs/shm-layout.md is the specification: what each field means, the numbered
 * write and read steps, and whole daemons in C. This header gives the
 * same bytes to C daemons. It declares a layout only; nothing here needs a library.
 *
 * Publishing detections, once the segment is created (C1..C5), is
 *
 *	slot->sequence = 2n+1; release fence;            W4
 *	all other fields; slot_crc as with 2n+2;         W6
 *	slot->sequence = 2n+2 (store-release);           W7
 *	h->next_record = n+1; h->heartbeat_ns = now;     W8
 *	h->news++; futex(FUTEX_WAKE, all);               W9
 *
 * and `petcam shm check NAME` says which rules a running writer breaks.
 *
 * All integers are little-endian; the structs have natural alignment and no
 * hidden padding on LP64 systems (checked at the end of this file).
 */
#ifndef PETCAM_SHM_H
#define PETCAM_SHM_H

#include <stddef.h>
#include <stdint.h>

#define PETCAM_SHM_ABI_VERSION 1u

#define PETCAM_SHM_MAGIC_STREAM     "PETCAMS" /* 8 bytes with its NUL */
#define PETCAM_SHM_MAGIC_DETECTIONS "PETCAMD"
#define PETCAM_SHM_MAGIC_AUDIO      "PETCAMA"

#define PETCAM_SHM_HEADER_SIZE 4096u
#define PETCAM_SHM_WRITER_NAME 32u
#define PETCAM_SHM_HEARTBEAT_NS 250000000u   /* a writer beats at least this often */
#define PETCAM_SHM_STALE_NS     1000000000u  /* after this a reader calls it silent */

#define PETCAM_STREAM_SLOT_COUNT    2048u
#define PETCAM_STREAM_SLOT_SIZE     64u
#define PETCAM_STREAM_DATA_START    135168u   /* header + slots */
#define PETCAM_STREAM_DATA_CAPACITY 16642048u /* the segment is 16 MiB in all */
#define PETCAM_STREAM_SEGMENT_SIZE  16777216u
#define PETCAM_STREAM_MAX_DATA      4194304u  /* bytes of one access unit */
#define PETCAM_STREAM_DATA_ALIGN    64u

#define PETCAM_STREAM_FLAG_KEYFRAME      1u
#define PETCAM_STREAM_FLAG_DISCONTINUITY 2u

#define PETCAM_DETECTIONS_SLOT_COUNT   64u
#define PETCAM_DETECTIONS_SLOT_SIZE    1728u
#define PETCAM_DETECTIONS_SEGMENT_SIZE 114688u
#define PETCAM_DETECTIONS_MAX_BOXES    32u
#define PETCAM_CLASS_NAME              32u

#define PETCAM_AUDIO_SLOT_COUNT    4096u
#define PETCAM_AUDIO_SLOT_SIZE     64u
#define PETCAM_AUDIO_DATA_START    266240u  /* header + slots */
#define PETCAM_AUDIO_DATA_CAPACITY 782336u  /* the segment is 1 MiB in all */
#define PETCAM_AUDIO_SEGMENT_SIZE  1048576u
#define PETCAM_AUDIO_MAX_DATA      1275u    /* bytes of one Opus packet */
#define PETCAM_AUDIO_DATA_ALIGN    8u
#define PETCAM_AUDIO_SAMPLES       960u     /* 20 ms at 48 kHz */
#define PETCAM_AUDIO_MIN_LEVEL     (-9600)  /* hundredths of dBFS; the loudest is 0 */

#define PETCAM_AUDIO_FLAG_DISCONTINUITY 2u

#ifdef __cplusplus
extern "C" {
#endif

/* The first 4096 bytes of every segment. Bytes 0..127 are written once, before
 * the segment is published, and never change. */
struct petcam_shm_header {
	char     magic[8];
	uint32_t abi_version;
	uint32_t header_size;    /* 4096 */
	uint64_t segment_size;   /* bytes in all */
	uint32_t slot_count;     /* a power of two */
	uint32_t slot_size;      /* bytes */
	uint64_t data_start;     /* bytes from the segment's start; 0: no data area */
	uint64_t data_capacity;  /* bytes; 0: no data area */
	uint64_t epoch;          /* CLOCK_MONOTONIC ns at creation, never 0 */
	uint32_t writer_pid;     /* for people only */
	uint32_t reserved0;
	char     writer_name[PETCAM_SHM_WRITER_NAME]; /* UTF-8, NUL-padded, for people only */
	uint8_t  reserved1[28];
	uint32_t header_crc;     /* CRC-32 of bytes 0..123 */

	/* what the writer changes, on a cache line of its own */
	uint64_t heartbeat_ns;   /* CLOCK_MONOTONIC */
	uint64_t next_record;    /* records published so far; the next one's number */
	uint64_t first_record;   /* the oldest record whose data is still there */
	uint32_t news;           /* the futex word: raised after each publication */
	uint8_t  reserved2[36];

	uint8_t  reserved3[3904];
};

/* One access unit of the stream. Record n lives in slot n mod slot_count. */
struct petcam_stream_slot {
	uint64_t sequence;       /* 2n+1 while record n is written, 2n+2 when it is whole */
	uint64_t frame_number;   /* the source's own count */
	uint64_t capture_ns;     /* CLOCK_MONOTONIC of the frame's capture */
	uint64_t publish_ns;     /* CLOCK_MONOTONIC of step W6 */
	uint64_t data_position;  /* counts all bytes ever placed; in the data area at position mod data_capacity */
	uint32_t data_size;      /* bytes, 1..PETCAM_STREAM_MAX_DATA */
	uint32_t flags;          /* PETCAM_STREAM_FLAG_* */
	uint16_t width;          /* pixels */
	uint16_t height;
	uint32_t data_crc;       /* CRC-32 of the data */
	uint32_t reserved;
	uint32_t slot_crc;       /* CRC-32 of the slot's bytes before this field */
};

struct petcam_box {
	char  class_name[PETCAM_CLASS_NAME]; /* UTF-8, NUL-padded, never empty */
	float confidence;                    /* 0..1 */
	float x, y, w, h;                    /* pixels; x, y is the left top corner */
};

/* The detector's answer for one frame; count 0 says "looked, nothing there". */
struct petcam_detections_slot {
	uint64_t sequence;
	uint64_t frame_number;   /* of the frame that was looked at */
	uint64_t capture_ns;     /* of the frame that was looked at */
	uint64_t publish_ns;
	uint16_t width;          /* of the picture that the boxes are measured in */
	uint16_t height;
	uint32_t count;          /* 0..PETCAM_DETECTIONS_MAX_BOXES */
	struct petcam_box boxes[PETCAM_DETECTIONS_MAX_BOXES];
	uint8_t  reserved[20];
	uint32_t slot_crc;
};

/* One Opus packet. Record n lives in slot n mod slot_count. */
struct petcam_audio_slot {
	uint64_t sequence;       /* 2n+1 while record n is written, 2n+2 when it is whole */
	uint64_t packet_number;  /* the source's own count */
	uint64_t capture_ns;     /* CLOCK_MONOTONIC of its first sample */
	uint64_t publish_ns;     /* CLOCK_MONOTONIC of step W6 */
	uint64_t data_position;  /* as the stream's, a multiple of PETCAM_AUDIO_DATA_ALIGN */
	uint32_t data_size;      /* bytes, 1..PETCAM_AUDIO_MAX_DATA */
	uint32_t flags;          /* PETCAM_AUDIO_FLAG_DISCONTINUITY or 0 */
	uint16_t samples;        /* PETCAM_AUDIO_SAMPLES */
	int16_t  rms;            /* hundredths of dBFS, PETCAM_AUDIO_MIN_LEVEL..0 */
	int16_t  peak;           /* as rms is */
	uint16_t reserved;
	uint32_t data_crc;       /* CRC-32 of the data */
	uint32_t slot_crc;       /* CRC-32 of the slot's bytes before this field */
};

#if defined(__cplusplus)
#define PETCAM_SHM_ASSERT(c) static_assert(c, #c)
#else
#define PETCAM_SHM_ASSERT(c) _Static_assert(c, #c)
#endif
PETCAM_SHM_ASSERT(sizeof(struct petcam_shm_header) == PETCAM_SHM_HEADER_SIZE);
PETCAM_SHM_ASSERT(offsetof(struct petcam_shm_header, header_crc) == 124);
PETCAM_SHM_ASSERT(offsetof(struct petcam_shm_header, heartbeat_ns) == 128);
PETCAM_SHM_ASSERT(sizeof(struct petcam_stream_slot) == PETCAM_STREAM_SLOT_SIZE);
PETCAM_SHM_ASSERT(sizeof(struct petcam_box) == 52);
PETCAM_SHM_ASSERT(sizeof(struct petcam_detections_slot) == PETCAM_DETECTIONS_SLOT_SIZE);
PETCAM_SHM_ASSERT(sizeof(struct petcam_audio_slot) == PETCAM_AUDIO_SLOT_SIZE);
#undef PETCAM_SHM_ASSERT

#ifdef __cplusplus
}
#endif

#endif /* PETCAM_SHM_H */
