// A Slurm cluster of this one machine, with its daemons and files in a folder of its own; for root.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "support/running_program.h"

namespace bmiss::test {

class OneNodeCluster {
public:
  // Empty when a cluster can be had here.
  static std::string obstacle() {
    if (geteuid() != 0) return "the daemons of Slurm need root";
    for (const std::string name : {"slurmctld", "slurmd", "sbatch"}) {
      bool found = false;
      for (const std::string folder : {"/usr/sbin/", "/usr/bin/"})
        found = found || std::filesystem::exists(folder + name);
      if (!found) return name + " is not installed (Debian: slurm-wlm)";
    }
    return "";
  }

  explicit OneNodeCluster(const std::string& folder) : folder_(folder) {
    std::filesystem::create_directories(folder + "/state");
    std::filesystem::create_directories(folder + "/spool");
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    std::string node = host;
    node = node.substr(0, node.find('.'));
    std::ofstream(folder + "/slurm.conf")
        << "ClusterName=test\nSlurmctldHost=" << node << "(127.0.0.1)\nSlurmctldPort=" << free_port()
        << "\nSlurmdPort=" << free_port()
        << "\nAuthType=auth/none\nCredType=cred/none\nSlurmUser=root\nSlurmdUser=root\n"
        << "StateSaveLocation=" << folder << "/state\nSlurmdSpoolDir=" << folder
        << "/spool\nSlurmctldPidFile=" << folder << "/slurmctld.pid\nSlurmdPidFile=" << folder
        << "/slurmd.pid\nSlurmctldLogFile=" << folder << "/slurmctld.log\nSlurmdLogFile="
        << folder
        // No control groups: containers have none to give away.
        << "/slurmd.log\nProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/"
           "none\n"
           "AccountingStorageType=accounting_storage/none\nMpiDefault=none\nSelectType=select/cons_tres\n"
           "SelectTypeParameters=CR_Core\nSchedulerParameters=sched_interval=2,batch_sched_delay=0\n"
        << "NodeName=" << node << " NodeAddr=127.0.0.1 CPUs=" << sysconf(_SC_NPROCESSORS_ONLN)
        << " RealMemory=1000 State=UNKNOWN\nPartitionName=main Nodes=" << node
        << " Default=YES MaxTime=INFINITE State=UP\n";
    setenv("SLURM_CONF", (folder + "/slurm.conf").c_str(), 1);
    controller_ = std::make_unique<RunningProgram>(std::vector<std::string>{"slurmctld", "-D"}, folder + "/ctl.out");
    node_ = std::make_unique<RunningProgram>(std::vector<std::string>{"slurmd", "-D"}, folder + "/d.out");
  }
  ~OneNodeCluster() {
    for (auto* daemon : {node_.get(), controller_.get()}) {
      daemon->signal(SIGTERM);
      daemon->wait();
    }
    unsetenv("SLURM_CONF");
  }

  // What a command of Slurm prints.
  std::string ask(const std::vector<std::string>& command) const {
    RunningProgram program(command, folder_ + "/answer");
    program.wait();
    return program.output();
  }
  bool is_up(int seconds) const {
    for (int attempt = 0; attempt < 10 * seconds; ++attempt) {
      if (ask({"sinfo", "-h", "-o", "%t"}) == "idle\n") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  std::string logs() const {
    std::ostringstream text;
    for (const std::string name : {"ctl.out", "d.out", "slurmctld.log", "slurmd.log"})
      text << "--- " << name << '\n' << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }

private:
  static int free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(probe, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
    close(probe);
    return ntohs(address.sin_port);
  }

  std::string folder_;
  std::unique_ptr<RunningProgram> controller_, node_;
};

}  // namespace bmiss::test
