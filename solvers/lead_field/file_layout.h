// Names inside the lead-field file (see store.h), shared by its writer and its reader.
#pragma once

#include <array>

namespace bmiss {

inline constexpr const char* lead_field_format = "bmiss lead field 3";
inline constexpr const char* potential_dataset = "/lead_field/potential";
inline constexpr const char* tissue_labels = "/tissues/labels";
inline constexpr const char* tissue_names = "/tissues/names";
inline constexpr const char* imaginary_dataset = "/lead_field/potential_imaginary";
inline constexpr const char* row_status = "/lead_field/status";
inline constexpr const char* row_iterations = "/lead_field/iterations";
inline constexpr const char* row_residual = "/lead_field/residual";
inline constexpr const char* row_seconds = "/lead_field/seconds";
inline constexpr const char* row_current = "/lead_field/delivered_current";
inline constexpr const char* row_estimate = "/lead_field/error_estimate";
inline constexpr const char* element_indicator = "/mesh/error_indicator";

struct RealRowFact {
  const char* name;
  const char* unit;
  const char* meaning;
};
inline constexpr std::array<RealRowFact, 3> real_row_facts = {
    {{row_residual, "1", "relative residual |b - A w| / |b|, recomputed"},
     {row_seconds, "s", "wall time of the solve"},
     {row_current, "A",
      "current that the discrete field delivers through the electrode: 1, or 0 for further current modes"}}};
inline constexpr std::array<const char*, 3> check_names = {"reciprocity", "delivered_current", "symmetry"};

}  // namespace bmiss
