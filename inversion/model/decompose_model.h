// Decomposition with a forward model: units are looked for among waveforms that the limb can produce.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "inversion/blind/blind.h"
#include "inversion/model/candidate_search.h"
#include "inversion/model/field_fit.h"
#include "inversion/model/joint_decoding.h"
#include "inversion/model/template_span.h"
#include "inversion/properties/unit_properties.h"
#include "inversion/refine/unit_fit.h"

namespace bmiss {

struct ModelOptions {
  PrepareOptions prepare;
  bool start_blind = true;  // with the units found blind; else with none
  BlindOptions blind;
  SpanOptions span;
  CandidateOptions candidates;
  DecodingOptions decoding;
  int rounds = 20;                            // at most: search, templates, decoding
  int fruitless = 2;                          // rounds in a row without a new unit that end the search
  double provisional_isi_cov = 0.7;           // largest that a unit may have between rounds
  double largest_isi_cov = 0.5;               // and in the end
  double largest_local_variation = 0.14;      // of a unit's intervals, in the end
  double lowest_rate = 2, highest_rate = 40;  // [Hz]
  double duplicate_share = 0.3;
  double least_explained = 0.5;    // of the units' waveforms by the model; below, the model is not this limb's
  double largest_distance = 8e-3;  // between an electrode of the recording and of the lead field [m]
  bool fit_field = true;           // where the lead field has derivatives by its parameters
  // Called with the model and the recording as the search will see them, before it begins; empty: not.
  std::function<void(const MuapModel&, const PreparedSignal&)> before_search;
  static void declare_parameters(Parameters& parameters);
  static ModelOptions parse_parameters(const Parameters& parameters);
};

// A unit that was given up, and why.
struct RejectedUnit {
  int n_spikes = 0, round = 0;
  std::string reason;
};

struct ModelledUnit {
  DecomposedUnit unit;
  double separability = 0;  // d' of one spike against all that is not explained
  double explained = 0;     // share of its waveform's energy, noise left out, that the fitted unit explains
  UnitFit fit;              // of its waveform; not made for units found blind
  UnitProperties properties;
  bool fitted() const { return fit.n_values > 0; }
};

struct ModelDecomposition {
  std::vector<ModelledUnit> units;  // most separable first
  std::vector<RejectedUnit> rejected;
  std::string warning;   // not empty: the model does not explain the data, the units are those found blind
  double explained = 0;  // share of the recording's power that the units explain
  FittedField field;     // what the recording says about the model itself
};

// Units of a blind decomposition, without properties of a model.
ModelDecomposition without_model(const Decomposition& decomposition);

// Rounds of: templates of all units by joint least squares, kept near the model's span; search for new units in what
// they leave (candidate_search.h); joint decoding of all spikes; splitting and joining of trains that are not those of
// one unit (train_repair.h); rejection of what is no unit. Ends when rounds find
// nothing. `team` decodes. Then each unit's properties are fitted to its waveform. Throws InputError: electrodes of the
// recording that the lead field lacks or has elsewhere (which, how far), a rate too low for the model's action
// potentials, a recording too short.
ModelDecomposition decompose_with_model(const Recording& recording, const LimbModel& limb, const ModelOptions& options,
                                        DecodingTeam& team, Report& report);

}  // namespace bmiss
