/* Declares mlx-c's 16-bit floating types where the target has none of its own: mlx-c knows only the ARM ones.
   Two bytes to be carried, no arithmetic: enough for the C API, which passes them by pointer. */
#ifndef FLASHLIGHT_COMPAT_HALF_H
#define FLASHLIGHT_COMPAT_HALF_H

#if !defined(__aarch64__) && !defined(__ARM_FEATURE_FP16_SCALAR_ARITHMETIC)
#define HAS_FLOAT16
typedef struct {
  unsigned short bits;
} float16_t;
#endif

#if !defined(__aarch64__) && !defined(__ARM_FEATURE_BF16)
#define HAS_BFLOAT16
typedef struct {
  unsigned short bits;
} bfloat16_t;
#endif

#endif
