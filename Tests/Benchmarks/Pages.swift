// pages: bytes per second from one agent's arena into another's, encrypted, between two hosts of
// the lab; beside what ZeroMQ does by itself between the same two, plain and encrypted.

import Glibc

enum Pages {
    /// A GiB in pages of 64 MiB; bare messages are as large as the ranges that agents ask for.
    private static let pageBytes = 64 << 20
    private static let pages = 16
    private static let messageBytes = 1 << 20

    static func run() async throws {
        guard let names = variable("SWOOP_LAB") else {
            return say("pages are left out: their hosts are made by `make bench` as root")
        }
        // NAME=PROCESS=ADDRESS for each host.
        let hosts = names.split(separator: " ").map { $0.split(separator: "=").map(String.init) }
        guard hosts.count >= 2, hosts.allSatisfy({ $0.count == 3 }) else { throw WrongAnswer() }
        let pair = HostPair(giver: hosts[0], fetcher: hosts[1])
        var agents: [Double] = []
        var bare: [Double] = []
        var encrypted: [Double] = []
        for _ in 0..<repetitions {
            // Side by side: on a machine that does other things too, only ratios hold.
            bare.append(try pair.bare(isEncrypted: false))
            agents.append(try pair.agents())
            encrypted.append(try pair.bare(isEncrypted: true))
        }
        func share(of other: [Double]) -> Double {
            zip(agents, other).map { $1 / $0 }.sorted()[repetitions / 2]
        }
        tell("zeromq:bare", bare)
        tell("zeromq:bare (CURVE)", encrypted)
        tell(
            "swoop:agents (CURVE)", agents,
            [("share", share(of: bare)), ("share_of_curve", share(of: encrypted))])
    }

    private static func tell(
        _ peer: String, _ seconds: [Double], _ extra: [(String, Double)] = []
    ) {
        let bytes = pageBytes * pages
        let median = seconds.sorted()[seconds.count / 2]
        emit("pages", peer, n: bytes, seconds: seconds, rate: Double(bytes) / median, extra: extra)
    }

    /// Two hosts of the lab, and what is run in their networks.
    private struct HostPair {
        var giver: [String]
        var fetcher: [String]
        let probe = executable().replacing("swoop-bench", with: "PageProbe")

        func agents() throws -> Double {
            let own = try keys()
            let other = try keys()
            return try transfer(
                give: "PROBE_SECRET='\(own[0])' PROBE_PEER='\(other[1])'", "give", pageBytes, [],
                fetch: "PROBE_SECRET='\(other[0])' PROBE_PEER='\(own[1])'", "fetch", [pages])
        }

        func bare(isEncrypted: Bool) throws -> Double {
            let count = pageBytes * pages / messageBytes
            let own = try keys()
            let other = try keys()
            let word = isEncrypted ? "curve" : ""
            return try transfer(
                give: "PROBE_SECRET='\(own[0])' PROBE_PEER='\(other[1])'", "bare-give",
                messageBytes, [count],
                fetch: "PROBE_SECRET='\(other[0])' PROBE_PEER='\(own[1])'", "bare-fetch", [count],
                word)
        }

        /// A secret key and its public one.
        private func keys() throws -> [String] {
            let lines = try output(of: "'\(probe)' keys").split(separator: "\n").map(String.init)
            guard lines.count == 2 else { throw WrongAnswer() }
            return lines
        }

        private func transfer(
            give: String, _ giving: String, _ bytes: Int, _ more: [Int], fetch: String,
            _ fetching: String, _ counts: [Int], _ word: String = ""
        ) throws -> Double {
            let numbers = ([bytes] + more).map(String.init).joined(separator: " ")
            // The shell becomes the giver, after it has said which process that is.
            let command =
                "echo $$; \(give) exec nsenter -t \(giver[1]) -n '\(probe)' \(giving) "
                + "\(giver[2]) \(numbers) \(word)"
            guard let pipe = unsafe popen(command, "r") else { throw WrongAnswer() }
            guard let process = unsafe line(of: pipe).flatMap({ Int32($0) }),
                let endpoint = unsafe line(of: pipe)
            else { throw WrongAnswer() }
            let amounts = ([bytes] + counts).map(String.init).joined(separator: " ")
            let text = try output(
                of: "\(fetch) nsenter -t \(fetcher[1]) -n '\(probe)' \(fetching) \(endpoint) "
                    + "\(amounts) \(word)")
            _ = kill(process, SIGKILL)
            _ = unsafe pclose(pipe)
            let digits = text.split(separator: "=").dropFirst().first?.prefix { $0.isNumber }
            guard let nanoseconds = digits.flatMap({ Double($0) }) else { throw WrongAnswer() }
            return nanoseconds / 1e9
        }

        private func line(of pipe: UnsafeMutablePointer<FILE>) -> String? {
            var buffer = [CChar](repeating: 0, count: 1_024)
            guard unsafe fgets(&buffer, Int32(buffer.count), pipe) != nil else { return nil }
            let bytes = buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
