#include "forward/referenced_lead_field.h"

#include <algorithm>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/provenance.h"

namespace bmiss {
namespace {

// In the order of the enumeration.
const std::vector<std::string> kinds{"patch", "electrode", "mean"};

class ReferencedLeadField : public LeadField {
public:
  ReferencedLeadField(std::unique_ptr<LeadField> field, const ReferenceChoice& choice)
      : field_(std::move(field)), choice_(choice) {
    choose();
  }

  void set_electrodes(const ElectrodeArray& electrodes) override {
    field_->set_electrodes(electrodes);
    choose();
  }
  const ElectrodeArray& electrodes() const override { return electrodes_; }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override {
    return against_reference(field_->potential(points));
  }
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override {
    return field_->smoothing_widths(points);
  }
  FieldSamples sample(const FieldPoints& points) const override {
    FieldSamples samples = field_->sample(points);
    samples.potential = against_reference(std::move(samples.potential));
    return samples;
  }
  std::vector<ModelParameter> model_parameters() const override { return field_->model_parameters(); }
  Eigen::MatrixXd tangent(const Eigen::Matrix3Xd& points, std::size_t parameter) const override {
    return against_reference(field_->tangent(points, parameter));
  }
  // What the reference's row takes from every row, its gradient gives back.
  Eigen::VectorXd adjoint(const Eigen::Matrix3Xd& points, const Eigen::MatrixXd& gradient) const override {
    Eigen::MatrixXd of_rows = gradient;
    if (choice_.kind == ReferenceKind::mean)
      of_rows.rowwise() -= gradient.colwise().mean().eval();
    else
      of_rows.row(row_) -= gradient.colwise().sum();
    return field_->adjoint(points, of_rows);
  }
  std::unique_ptr<LeadField> at(const Eigen::VectorXd& values) const override {
    return std::make_unique<ReferencedLeadField>(field_->at(values), choice_);
  }
  std::string hash() const override {
    ContentHash hash;
    return hash.add(field_->hash()).add(electrodes_.reference.name).hex();
  }
  std::string citation() const override { return field_->citation(); }

private:
  // Before electrodes are set there is nothing to choose from.
  void choose() {
    electrodes_ = field_->electrodes();
    const auto names = electrodes_.names();
    if (names.empty()) return;
    if (choice_.kind == ReferenceKind::mean) {
      electrodes_.reference.name = "mean of all electrodes";
      return;
    }
    const auto found = std::find(names.begin(), names.end(), choice_.electrode);
    if (found == names.end())
      throw InputError("no electrode is called '" + choice_.electrode + "', which is wanted as the reference" +
                       known_names(choice_.electrode, names));
    row_ = found - names.begin();
    electrodes_.reference = electrodes_.electrodes[static_cast<std::size_t>(row_)];
  }

  Eigen::MatrixXd against_reference(Eigen::MatrixXd potential) const {
    const Eigen::RowVectorXd zero =
        choice_.kind == ReferenceKind::mean ? potential.colwise().mean().eval() : potential.row(row_).eval();
    potential.rowwise() -= zero;
    return potential;
  }

  std::unique_ptr<LeadField> field_;
  ReferenceChoice choice_;
  ElectrodeArray electrodes_;
  Eigen::Index row_ = 0;
};

}  // namespace

void ReferenceChoice::declare_parameters(Parameters& parameters) {
  const Parameters::Section section(parameters, "Montage");
  parameters.declare_choice("Reference", "patch", kinds,
                            "of the recorded potentials. patch: the reference that the lead field was computed with; "
                            "electrode: one of the recorded ones; mean: of all of them. Needs no new lead field");
  parameters.declare_text("Electrode", "", "reference electrode, for that kind: its name");
}

ReferenceChoice ReferenceChoice::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Montage");
  ReferenceChoice choice;
  choice.kind =
      static_cast<ReferenceKind>(std::find(kinds.begin(), kinds.end(), parameters.text("Reference")) - kinds.begin());
  choice.electrode = parameters.text("Electrode");
  if (choice.kind == ReferenceKind::electrode && choice.electrode.empty())
    parameters.reject("Electrode", "name the electrode that is the reference, or set 'Reference' to patch or mean");
  if (choice.kind != ReferenceKind::electrode && !choice.electrode.empty())
    parameters.reject("Electrode", "is used with the reference 'electrode' only; set 'Reference' to it");
  return choice;
}

std::unique_ptr<LeadField> with_reference(std::unique_ptr<LeadField> lead_field, const ReferenceChoice& choice) {
  if (choice.kind == ReferenceKind::patch) return lead_field;
  return std::make_unique<ReferencedLeadField>(std::move(lead_field), choice);
}

}  // namespace bmiss
