// What a machine's words about itself mean for Swoop, and how to mend what is wrong. Pure.

import SwoopModel

extension MachineSights {
    /// Seconds that clocks may differ; files and logs of two machines are compared by people.
    private static let skewMax: Int64 = 5

    /// Open files below which an agent cannot start, and below which it meets the limit with many
    /// hosts: a node has two connections for each other one.
    private static let openFiles = (least: 64, enough: 1_024)
    /// The same of processes and threads, which the system counts as one.
    private static let processes = (least: 32, enough: 256)

    /// What is to be said of it.
    ///
    /// - Parameters:
    ///   - architecture: of the machine that programs are built on.
    ///   - sent: seconds since 1970 here, before the question was sent and after the answer came;
    ///     nil: it is this machine.
    package func findings(
        for architecture: String, between sent: (before: Int64, after: Int64)?
    ) -> [Finding] {
        var findings = [system(architecture)]
        if let sent { findings.append(clock(sent)) }
        findings += [processors, memory, sharedMemory, disk]
        findings += [
            limit(
                "open files", openFiles, Self.openFiles,
                "raise it: `ulimit -n 4096`, nofile in /etc/security/limits.conf, LimitNOFILE of a"
                    + " service"),
            limit(
                "processes", processes, Self.processes,
                "raise it: `ulimit -u 4096`, nproc in /etc/security/limits.conf, TasksMax of a"
                    + " service"),
        ]
        if let addresses = addressBytes {
            findings.append(
                Finding(
                    "address space", .warning, "limited to \(ByteWords.of(addresses))",
                    advice: "pages take a quarter of it at most: `ulimit -v unlimited`"))
        }
        if let flags = loopbackFlags {
            findings.append(
                flags & 1 == 1
                    ? Finding("loopback", .fine, "up")
                    : Finding(
                        "loopback", .warning, "down",
                        advice: "tools that look at a cluster need it: `ip link set lo up`"))
        }
        return findings
    }

    private func system(_ wanted: String) -> Finding {
        let found = "\(system), \(architecture)"
        guard system.hasPrefix("Linux ") else {
            return Finding("system", .fault, found, advice: "Swoop runs on Linux: use another host")
        }
        guard architecture == wanted else {
            return Finding(
                "system", .fault, found,
                advice: "programs are built for \(wanted) here: use hosts of that architecture")
        }
        let version = system.dropFirst(6).split { $0 == "." || $0 == "-" }.prefix(2).map {
            Int($0) ?? 0
        }
        guard version.count == 2, (version[0], version[1]) >= (3, 17) else {
            return Finding(
                "system", .fault, found,
                advice: "memory that processes share needs Linux 3.17 (memfd_create): upgrade it")
        }
        return Finding("system", .fine, found)
    }

    private func clock(_ sent: (before: Int64, after: Int64)) -> Finding {
        guard let clock else {
            return Finding(
                "clock", .warning, "it does not say", advice: "`date +%s` should work there")
        }
        let skew = clock < sent.before ? clock - sent.before : max(0, clock - sent.after)
        guard abs(skew) > Self.skewMax else {
            return Finding("clock", .fine, "as here, within \(Self.skewMax) s")
        }
        return Finding(
            "clock", .warning, "\(abs(skew)) s \(skew < 0 ? "behind" : "ahead of") this machine's",
            advice: "times of files and logs mislead: `timedatectl set-ntp true` on the one that is"
                + " wrong")
    }

    private var processors: Finding {
        guard let cores else {
            return Finding(
                "cores", .warning, "it does not say", advice: "write cores=N behind its name")
        }
        let quotas = quotas.compactMap(CoreAllowance.quota(unified:))
        let usable = CoreAllowance(affinity: cores, quotas: quotas).cores
        return usable < cores
            ? Finding(
                "cores", .warning, "\(usable) of \(cores), by its control group",
                advice: "raise cpu.max (CPUQuota of a service) if more are meant for it")
            : Finding("cores", .fine, "\(cores)")
    }

    private var memory: Finding {
        guard let available = availableBytes, let total = memoryBytes else {
            return Finding(
                "memory", .warning, "it does not say", advice: "write memory=4GiB behind its name")
        }
        let usable = min(available, groupBytes ?? .max)
        let group = groupBytes.map { "; its control group may have \(ByteWords.of($0))" } ?? ""
        let found = "\(ByteWords.of(available)) of \(ByteWords.of(total)) free\(group)"
        guard usable < 512 << 20 else { return Finding("memory", .fine, found) }
        return Finding(
            "memory", .warning, found,
            advice: "pages take half of what is free, and others go to the disk: end what holds"
                + " memory, or raise memory.max")
    }

    /// Pages are in memory that processes share, which the system counts as a file.
    private var sharedMemory: Finding {
        guard let limit = fileBytes else {
            return Finding("shared memory", .fine, "files of memory of any size")
        }
        let found = "a file may have \(ByteWords.of(limit)), and shared memory counts as one"
        return Finding(
            "shared memory", limit < 20 << 20 ? .fault : .warning, found,
            advice: "`ulimit -f unlimited`, fsize in /etc/security/limits.conf")
    }

    private var disk: Finding {
        guard let free = freeBytes else {
            return Finding(
                "disk", .warning, "it does not say what is free in \(folder)",
                advice: "`df -Pk` should work there")
        }
        let found = "\(ByteWords.of(free)) free in \(folder)"
        guard isWritable else {
            return Finding(
                "disk", .fault, "\(folder) cannot be written",
                advice: "name another folder: `folder=/path` behind a host's name, XDG_CACHE_HOME"
                    + " here")
        }
        return free < 1 << 30
            ? Finding(
                "disk", free < 32 << 20 ? .fault : .warning, found,
                advice: "a program takes 20 to 90 MB there, and pages are spilled beside memory:"
                    + " free some, or name other folders (folder=, spill=)")
            : Finding("disk", .fine, found)
    }

    private func limit(
        _ check: String, _ value: Int?, _ needed: (least: Int, enough: Int), _ advice: String
    ) -> Finding {
        guard let value else { return Finding(check, .fine, "no limit") }
        let state: Finding.State =
            value < needed.least ? .fault : value < needed.enough ? .warning : .fine
        return Finding(check, state, "at most \(value)", advice: state == .fine ? "" : advice)
    }
}
