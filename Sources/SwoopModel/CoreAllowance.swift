// How many cores a process may use: not what the machine has, but what its affinity, its control
// groups and the batch system that started it leave. Texts in, numbers out.

/// What limits the cores of a process.
package struct CoreAllowance: Equatable, Sendable {
    /// By affinity and CPU sets, as the system counts them.
    package var affinity: Int
    /// Processor time for time, in cores, of each control group that has a limit.
    package var quotas: [Double]
    /// What a batch system gave the job on this machine; nil: it is no job.
    package var batch: Int?

    package init(affinity: Int, quotas: [Double] = [], batch: Int? = nil) {
        self.affinity = affinity
        self.quotas = quotas
        self.batch = batch
    }

    /// Cores to use, at least one.
    ///
    /// A part of a core is one more: left idle it would be lost, and what runs on it is slowed down
    /// no more than by others that share a core.
    package var cores: Int {
        let quota = quotas.min().map { Int(min($0, 1_000_000).rounded(.up)) }
        return max(1, [affinity, quota, batch].compactMap { $0 }.min() ?? 1)
    }

    /// Of cpu.max: `150000 100000`, or `max 100000`, which limits nothing.
    package static func quota(unified text: String) -> Double? {
        let words = text.split { $0 == " " || $0 == "\n" }
        guard let quota = words.first else { return nil }
        return self.quota(String(quota), of: words.count > 1 ? String(words[1]) : "100000")
    }

    /// Of cpu.cfs_quota_us and cpu.cfs_period_us; a quota of -1 limits nothing.
    package static func quota(_ quota: String, of period: String) -> Double? {
        func number(_ text: String) -> Double? {
            text.split { $0 == " " || $0 == "\n" }.first.flatMap { Int64($0) }.map(Double.init)
        }
        guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else {
            return nil
        }
        return quota / period
    }
}

/// What batch systems say to their jobs in the environment.
///
/// OMP_NUM_THREADS is none of it: it says how many threads a library may start in a process, and is
/// set to 1 where there are many processes.
package enum BatchJob {
    /// The cores that this job has on this machine; nil: it is no job, or does not say.
    ///
    /// - Parameter host: this machine's name, for jobs over several.
    package static func cores(host: String, _ variable: (String) -> String?) -> Int? {
        func number(_ name: String) -> Int? {
            variable(name).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        }
        // Slurm: a step has what each of its tasks was given, a script all that the job has here.
        let task = number("SLURM_CPUS_PER_TASK")
        let machine = number("SLURM_CPUS_ON_NODE")
        let isStep = variable("SLURM_STEP_ID") != nil || variable("SLURM_STEPID") != nil
        let slurm = isStep ? task ?? machine : machine ?? task
        // Grid Engine counts over all hosts of the job.
        let engine = number("NHOSTS") ?? 1 > 1 ? nil : number("NSLOTS")
        // OpenPBS, then Torque; LSF.
        let others = [number("NCPUS"), number("PBS_NUM_PPN"), loadSharing(host, variable)]
        return ([slurm, engine] + others).compactMap { $0 }.min()
    }

    /// `LSB_MCPU_HOSTS` is `hostA 4 hostB 2`.
    private static func loadSharing(_ host: String, _ variable: (String) -> String?) -> Int? {
        let words = (variable("LSB_MCPU_HOSTS") ?? "").split(separator: " ")
        let short = host.prefix { $0 != "." }
        for place in stride(from: 0, to: words.count - 1, by: 2) {
            let isHere = words[place].prefix { $0 != "." } == short || words.count == 2
            if isHere, let count = Int(words[place + 1]), count > 0 { return count }
        }
        guard words.isEmpty, let text = variable("LSB_DJOB_NUMPROC") else { return nil }
        return Int(text).flatMap { $0 > 0 ? $0 : nil }
    }
}
