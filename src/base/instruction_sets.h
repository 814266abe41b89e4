// Functions marked BMISS_KERNEL are compiled for several instruction sets, the best of which is taken when the program
// starts: packages are built for the oldest processors.
#pragma once

// Sanitizers start after the choice would be made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define BMISS_KERNEL __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define BMISS_KERNEL
#endif

namespace bmiss {
// Sixteen numbers at once; compilers split them where the machine's vectors are shorter. May alias floats, unaligned.
typedef float Lanes __attribute__((vector_size(64), aligned(4), may_alias));
}  // namespace bmiss
