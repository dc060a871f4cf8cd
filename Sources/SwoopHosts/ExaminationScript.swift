// What `swoop doctor` asks of a machine beside the probe of a start, as a script for any POSIX
// shell, and what the answer says. MachineSights+Findings.swift judges it.

import SwoopModel

/// The questions of an examination.
package enum ExaminationScript {
    private static let begin = "swoop-examination begin"
    private static let end = "swoop-examination end"

    /// The script.
    ///
    /// - Parameters:
    ///   - folder: where programs are kept there, an absolute path; it need not exist.
    ///   - listener: an address and a port of ours that the machine should reach; nil: none.
    package static func text(folder: String, listener: (address: String, port: UInt16)?) -> String {
        var script = """
            LC_ALL=C; export LC_ALL
            say() { printf '%s\\n' "$1"; }
            printf '\\n\(begin)\\n'
            say "clock=$(date +%s)"
            say "system=$(uname -s) $(uname -r)"
            say "machine=$(uname -m)"
            say "cores=$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
            amount() { sed -n "s/^$1: *\\([0-9]*\\) kB/$2=\\1/p" /proc/meminfo; }
            amount MemTotal memory
            amount MemAvailable available
            limit() { sed -n "s/^$1  *\\([^ ]*\\) .*/$2=\\1/p" /proc/self/limits; }
            limit 'Max open files' files
            limit 'Max processes' processes
            limit 'Max address space' space
            limit 'Max file size' fileBytes
            group=$(sed -n 's/^0:://p' /proc/self/cgroup)
            while [ -n "$group" ] && [ "$group" != / ]; do
                limits=/sys/fs/cgroup$group
                [ -r "$limits/cpu.max" ] && say "quota=$(cat "$limits/cpu.max")"
                [ -r "$limits/memory.max" ] && say "group=$(cat "$limits/memory.max")"
                group=${group%/*}
            done
            folder=\(ShellWord.quoted(folder))
            say "folder=$folder"
            while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=${folder%/*}; done
            say "disk=$(df -Pk "${folder:-/}" | tail -n 1)"
            [ -w "${folder:-/}" ] && say writable=1
            [ -r /sys/class/net/lo/flags ] && say "loopback=$(cat /sys/class/net/lo/flags)"

            """
        if let listener {
            // Shells other than bash cannot connect to anything.
            script += """
                if command -v bash >/dev/null && command -v timeout >/dev/null; then
                    if timeout 3 bash -c ': </dev/tcp/\(listener.address)/\(listener.port)'; then
                        say reach=1
                    else
                        say reach=0
                    fi
                fi

                """
        }
        return script + "say '\(end)'\nexit 0\n"
    }

    /// What a machine answered; nil when it is no whole answer.
    package static func sights(in output: [UInt8]) -> MachineSights? {
        let lines = String(decoding: output, as: UTF8.self).pieces(at: "\n")
        guard let begin = lines.firstIndex(of: Self.begin[...]), lines.contains(end[...]) else {
            return nil
        }
        var sights = MachineSights()
        for line in lines[begin...] {
            guard let (key, words) = line.halves(at: "=") else { continue }
            let value = String(words)
            switch key {
            case "clock": sights.clock = Int64(value).flatMap { $0 >= 0 ? $0 : nil }
            case "system": sights.system = value
            case "machine": sights.architecture = value
            case "cores": sights.cores = Int(value).flatMap { $0 > 0 ? $0 : nil }
            case "memory": sights.memoryBytes = kibibytes(value)
            case "available": sights.availableBytes = kibibytes(value)
            case "files": sights.openFiles = Int(value)
            case "processes": sights.processes = Int(value)
            case "space": sights.addressBytes = Int64(value)
            case "fileBytes": sights.fileBytes = Int64(value)
            case "quota": sights.quotas.append(value)
            case "group":
                sights.groupBytes = [sights.groupBytes, Int64(value)].compactMap(\.self).min()
            case "folder": sights.folder = value
            case "disk": sights.freeBytes = ProbeAnswer.freeBytes(value[...])
            case "writable": sights.isWritable = true
            case "loopback": sights.loopbackFlags = UInt32(value.dropFirst(2), radix: 16)
            case "reach": sights.reachesUs = value == "1"
            default: break
            }
        }
        return sights
    }

    /// Bytes of a number of KiB; nil: it is none.
    private static func kibibytes(_ text: String) -> Int64? {
        Int64(text).flatMap { $0 >= 0 ? $0.multipliedClamped(by: 1_024) : nil }
    }
}

/// What a machine says of itself; nil: it does not say, or there is no limit.
package struct MachineSights: Equatable, Sendable {
    /// Seconds since 1970.
    package var clock: Int64?
    /// `Linux 6.1.0`.
    package var system = ""
    /// As `uname -m` says it.
    package var architecture = ""
    package var cores: Int?
    /// Lines of cpu.max of the process's control groups.
    package var quotas: [String] = []
    package var memoryBytes: Int64?
    package var availableBytes: Int64?
    /// The least limit of the process's control groups.
    package var groupBytes: Int64?
    package var openFiles: Int?
    package var processes: Int?
    package var addressBytes: Int64?
    package var fileBytes: Int64?
    /// Where programs are kept.
    package var folder = ""
    package var freeBytes: Int64?
    package var isWritable = false
    /// Of the network interface `lo`.
    package var loopbackFlags: UInt32?
    /// Whether it can connect to a port of ours; nil: nobody could try.
    package var reachesUs: Bool?

    package init() {}
}
