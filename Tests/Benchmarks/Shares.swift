// shares: two clients of one cluster, one of long calls and one of short ones; each one's part of
// the time of cores that both had from the fourth second on. And how soon a third one has its first
// result while they run: extra.start_ms.

import Glibc
import Swoop

enum Shares {
    private static let from = 4.0
    private static let until = 12.0

    static func run() async throws {
        for (long, short) in [(500, 1), (100, 10), (20, 20)] {
            let name = "shares-\(getpid())-\(long)-\(short)"
            let program = "'\(executable())'"
            let began = seconds()
            let text = try output(
                of: """
                    \(program) shares-hold \(name) & holder=$!
                    trap 'kill $holder' EXIT
                    \(program) shares-client \(name) \(began) \(long) &
                    \(program) shares-client \(name) \(began) \(short) & other=$!
                    \(program) shares-guest \(name) \(began)
                    wait $other
                    wait %2
                    """)
            var had: [Double] = []
            var start = Double.nan
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 2, let value = Double(words[1]) else { continue }
                if words[0] == "guest" { start = value } else { had.append(value) }
            }
            guard had.count == 2, had[0] + had[1] > 0 else { throw WrongAnswer() }
            emit(
                "shares", "swoop:\(long) ms and \(short) ms", n: 2, seconds: [until - from],
                extra: [
                    ("smaller_share", min(had[0], had[1]) / (had[0] + had[1])),
                    ("cores_busy", (had[0] + had[1]) / (until - from)),
                    ("start_ms", start * 1e3),
                ])
        }
    }

    /// One of the processes: what it is, the cluster, when all began, and what is its.
    static func child(_ words: [String]) async {
        do {
            switch words[0] {
            case "shares-hold": try await holdCluster(named: words[1])
            case "shares-guest": try await guest(of: words[1], since: Double(words[2]) ?? 0)
            default: try await client(of: words[1], Double(words[2]) ?? 0, Int(words[3]) ?? 1)
            }
        } catch {
            say("\(words.joined(separator: " ")): \(error)")
            exit(1)
        }
    }

    /// As soon as the cluster is there.
    private static func connected(
        to name: String, _ body: (Cluster) async throws -> Void
    ) async throws {
        while true {
            do {
                return try await withCluster(.connected(name)) { try await body($0) }
            } catch let error as SwoopError where error.code == .unreachable {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Prints the seconds of cores that its calls had in the time that counts.
    private static func client(
        of name: String, _ began: Double, _ milliseconds: Int
    ) async throws {
        try await connected(to: name) { cluster in
            let count = Int(until) * 2_000 / milliseconds + 10
            let runs = try await cluster.remotely { remote in
                remote.map(0..<count, spin, milliseconds)
            }
            var ended = 0
            for try await _ in runs.finished {
                let now = seconds() - began
                if now > until { break }
                if now > from { ended += 1 }
            }
            print("client", Double(ended * milliseconds) / 1e3)
            fflush(nil)
        }
    }

    /// Prints how long a first result takes while others have the cores.
    private static func guest(of name: String, since began: Double) async throws {
        try await connected(to: name) { cluster in
            let wait = from + 2 - (seconds() - began)
            if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
            let taken = try await timed {
                _ = try await cluster.remotely { remote in remote.call(noop, 1) }.value
            }
            print("guest", taken)
            fflush(nil)
        }
    }
}

/// Keeps a core busy.
@Remote func spin(_ number: Int, for milliseconds: Int) -> Int {
    let end = seconds() + Double(milliseconds) / 1e3
    while seconds() < end {}
    return number
}
