// EDF, EDF+, BDF and BDF+ by EDFlib: signals by number, in the physical unit of the header.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace bmiss {

struct EdfSignal {
  std::string label, dimension;  // dimension: "uV", … as the header writes it
  double rate = 0;               // [Hz], from samples and duration of a data record
  long n_samples = 0;            // with the padding of the last record
  long samples_per_record = 0;
};

class EdfFile {
public:
  // Throws InputError with the reason when EDFlib refuses the file. Annotation signals are not listed.
  explicit EdfFile(const std::string& path);
  ~EdfFile();
  EdfFile(const EdfFile&) = delete;
  EdfFile& operator=(const EdfFile&) = delete;

  const std::vector<EdfSignal>& signals() const { return signals_; }
  // All samples of a signal, physical values in its dimension. Throws InputError when the file ends early.
  Eigen::VectorXd read(std::size_t signal) const;

private:
  std::string path_;
  int handle_ = -1;
  std::vector<EdfSignal> signals_;
};

// Why EDFlib may have refused the file, read from its fixed header: "its header …", "it is cut off: …".
std::string edf_complaint(const std::string& path);

// One channel as it goes into the file.
struct EdfRange {
  std::string dimension;            // nV, uV, mV or V
  double minimum = 0, maximum = 0;  // physical extremes in it, exactly as eight characters of header can hold
  double step = 0;                  // quantisation step [V]
};
enum class EdfBits { sixteen = 16, twenty_four = 24 };

// The range that holds `values` [V] with the finest step.
EdfRange edf_range(const Eigen::Ref<const Eigen::RowVectorXd>& values, EdfBits bits);

// Samples of one data record so that its duration is an exact multiple of EDFlib's 10 us (or as near as can be),
// at most a second long, and the last record of `n_samples` holds the least padding.
long edf_record_length(double rate, long n_samples, std::size_t n_channels);

// Writes signal [n_channels x n_samples, V] as EDF+ (16 bits) or BDF+ (24 bits); pads the last record with zeros.
// Throws InputError when the file cannot be written.
void write_edf(const std::string& path, EdfBits bits, double rate, const std::vector<std::string>& labels,
               const std::vector<EdfRange>& ranges, const Eigen::MatrixXd& signal);

}  // namespace bmiss
