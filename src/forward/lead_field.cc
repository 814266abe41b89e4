#include "forward/lead_field.h"

namespace bmiss {

Registry<LeadField>& lead_fields() {
  static Registry<LeadField> registry("volume conductor");
  return registry;
}

}  // namespace bmiss
