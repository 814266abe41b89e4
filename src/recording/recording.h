// A surface EMG recording in memory.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <string>
#include <vector>

namespace bmiss {

struct Channel {
  std::string name;
  std::string type = "EMG";                // BIDS: EMG, REF, MISC, TRIG, …
  std::string electrode;                   // name in electrodes.tsv
  std::string electrode_type = "surface";  // type column of electrodes.tsv: surface, needle, wire, …
  std::string reference;
  std::string group;              // grid
  std::string coordinate_system;  // that `position` is given in (space-<label> of EMG-BIDS); grids may have their own
  Eigen::Vector3d position = Eigen::Vector3d::Constant(std::nan(""));  // [m], NaN when unknown
  bool good = true;                                                    // status column of channels.tsv
};

struct Recording {
  double rate = 0;                          // [Hz]
  std::vector<Channel> channels;            // EMG channels only
  Eigen::MatrixXd signal;                   // [n_channels x n_samples], V
  double power_line = 50;                   // [Hz], NaN when unknown
  std::string task, source;                 // source: path it was read from
  std::vector<std::string> other_channels;  // "name (type)" of what the file holds beside EMG
  std::vector<std::string> warnings;        // sentences for the log: what the reader had to assume
  double duration() const { return rate > 0 ? static_cast<double>(signal.cols()) / rate : 0; }
};

}  // namespace bmiss
