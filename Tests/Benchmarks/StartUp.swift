// W9: from the start of a process to its first result, the cluster included: this machine's, and
// one of two hosts over SSH, with the program to be sent (cold) and already there (warm).

import Glibc
import Swoop

enum StartUp {
    static func run() async throws {
        var all: [Double] = []
        for _ in 0..<(repetitions + 1) {
            let text = try output(of: "'\(executable())' first-result")
            guard let seconds = Double(text.prefix { $0 != "\n" }) else { throw WrongAnswer() }
            all.append(seconds)
        }
        emit("W9", "swoop:local", n: 1, seconds: Array(all.dropFirst()))
        try onHosts()
    }

    /// The hosts of the lab that this process runs in.
    private static let hosts = ["alpha", "beta"]

    private static func onHosts() throws {
        guard let configuration = variable("SWOOP_SSH_CONFIG") else {
            return say("W9 on two hosts is left out: they are made by `make bench` as root")
        }
        var cold: [Double] = []
        var warm: [Double] = []
        for _ in 0..<repetitions {
            for host in hosts {
                _ = try output(of: "ssh -F '\(configuration)' \(host) rm -rf .cache/swoop")
            }
            cold.append(try firstResultOnHosts())
            warm.append(try firstResultOnHosts())
        }
        emit("W9", "swoop:ssh cold (2 hosts)", n: hosts.count, seconds: cold)
        emit("W9", "swoop:ssh warm (2 hosts)", n: hosts.count, seconds: warm)
    }

    private static func firstResultOnHosts() throws -> Double {
        let text = try output(of: "'\(executable())' first-result \(hosts.joined(separator: " "))")
        guard let seconds = Double(text.prefix { $0 != "\n" }) else { throw WrongAnswer() }
        return seconds
    }

    /// The process that is measured: prints the seconds from its start to its first result.
    ///
    /// - Parameter hosts: where; none: this machine.
    static func child(on hosts: [String]) async {
        do {
            var options = HostOptions(hosts)
            options.showsProgress = false
            try await withCluster(hosts.isEmpty ? .local : .hosts(options)) { cluster in
                let value = try await cluster.remotely { remote in remote.call(noop, 1) }.value
                let age = sinceStart()
                guard value == 1, hosts.isEmpty || cluster.nodes.count == hosts.count else {
                    throw WrongAnswer()
                }
                print(age)
            }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    /// Seconds since this process was made; the kernel counts in hundredths.
    static func sinceStart() -> Double {
        guard let file = unsafe fopen("/proc/self/stat", "r") else { return .nan }
        defer { unsafe fclose(file) }
        var bytes = [CChar](repeating: 0, count: 1_024)
        let count = unsafe fread(&bytes, 1, bytes.count - 1, file)
        let text = String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 19, let ticks = Double(fields[19]) else { return .nan }
        var now = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &now)
        let uptime = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
        return uptime - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
