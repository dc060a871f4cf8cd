// strangers: W1 while strangers without a key flood every port of the cluster, and what the flood
// takes. Three kinds of rounds alternate: without a flood; with one of the same rate at a listener
// of the flooder's own, which costs this machine what flooding costs anywhere; and with one at the
// cluster. The flooder runs at the lowest priority, and its seconds of processor time are told.

import Glibc
import Swoop
import SwoopLaunching
import SwoopTransport
import TestPrograms

enum Strangers {
    private static let rounds = 9
    /// Batches of W1 in a round: what a flood costs when it has just begun is part of it, and what
    /// it costs when it goes on.
    private static let batches = 10

    /// What is flooded in a round.
    private enum Kind: CaseIterable {
        case nothing, elsewhere, cluster
    }

    /// Everything that the rounds of a rate found.
    private struct Findings {
        var seconds: [Kind: [Double]] = [:]
        /// Processor time of the cluster: unlike seconds, hardly other than usual on a machine that
        /// is busy with something else.
        var used: [Kind: [Double]] = [:]
        /// Processor time of the flooder, by second of the round.
        var flooding: [Double] = []
        var strangers: [Double] = []
    }

    static func run() async throws {
        try await withCluster(.local) { cluster in
            _ = try await Throughput.batch(200, on: cluster)
            let processes = MemoryWatch.family(of: getpid())
            let ports = ListeningPorts.of(processes)
            guard !ports.isEmpty else { throw WrongAnswer() }
            for _ in 0..<3 { _ = try await Throughput.batch(Throughput.count, on: cluster) }
            for (speech, rate) in [("part", 100), ("part", 1_000), ("nothing", 0)] {
                try await measure(speech, rate, at: ports, of: processes, on: cluster)
            }
        }
    }

    private static func measure(
        _ speech: String, _ rate: Int, at ports: [UInt16], of processes: [Int32],
        on cluster: Cluster
    ) async throws {
        var findings = Findings()
        let before = processes.map(MemoryWatch.bytes(of:))
        let watches = processes.map { MemoryWatch(of: [$0]) }
        for _ in 0..<rounds {
            for kind in Kind.allCases {
                let flood =
                    kind == .nothing
                    ? nil
                    : try Flood(at: kind == .cluster ? ports : [], saying: speech, rate: rate)
                let usedBefore = processorSeconds(of: processes)
                findings.seconds[kind, default: []].append(
                    try await timed {
                        for _ in 0..<batches {
                            _ = try await Throughput.batch(Throughput.count, on: cluster)
                        }
                    })
                findings.used[kind, default: []].append(
                    processorSeconds(of: processes) - usedBefore)
                guard let flood else { continue }
                let (strangers, used, seconds) = flood.end()
                if kind == .cluster {
                    findings.strangers.append(Double(strangers) / seconds)
                    findings.flooding.append(used / seconds)
                }
            }
        }
        let peaks = watches.map { $0.end() }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        func cost(
            _ figures: [Kind: [Double]], of kind: Kind, beside other: Kind
        ) -> Double {
            median(zip(figures[kind] ?? [], figures[other] ?? []).map { $0 / $1 }) - 1
        }
        let (seconds, used) = (findings.seconds, findings.used)
        emit(
            "strangers", "swoop:\(speech) \(rate == 0 ? "unlimited" : "\(rate)/s")",
            n: Throughput.count * batches, seconds: findings.seconds[.cluster] ?? [],
            extra: [
                ("cost", cost(seconds, of: .cluster, beside: .nothing)),
                ("cost_beside_flood_elsewhere", cost(seconds, of: .cluster, beside: .elsewhere)),
                ("cost_of_flood_elsewhere", cost(seconds, of: .elsewhere, beside: .nothing)),
                ("cost_in_processor_time", cost(used, of: .cluster, beside: .elsewhere)),
                ("strangers_per_second", median(findings.strangers)),
                ("flooder_cores", median(findings.flooding)),
            ],
            lists: [
                ("quiet", findings.seconds[.nothing] ?? []),
                ("elsewhere", findings.seconds[.elsewhere] ?? []),
                ("processor_seconds", used[.cluster] ?? []),
                ("processor_seconds_elsewhere", used[.elsewhere] ?? []),
                ("mib_before", before.map { Double($0) / 1_048_576 }),
                ("mib_at_most", peaks.map { Double($0) / 1_048_576 }),
            ])
    }

    private static func processorSeconds(of processes: [Int32]) -> Double {
        processes.reduce(0) { $0 + Double(ProcessCPU.nanoseconds(of: $1) ?? 0) / 1e9 }
    }

    // MARK: The flooder

    /// The child's part: ports (none: one of its own), what to say, how many a second.
    static func child(_ words: [String]) {
        guard words.count == 3, let speech = StrangerFlood.Speech(rawValue: words[1]),
            let rate = Int(words[2])
        else { exit(2) }
        _ = nice(19)
        let ports = words[0].split(separator: ",").compactMap { UInt16($0) }
        do {
            let sink = ports.isEmpty ? try Sink() : nil
            let addresses = (sink.map { [$0.port] } ?? ports).map { Stranger.Address.port($0) }
            StrangerFlood(addresses, saying: speech, perSecond: rate)
                .run(tellingEach: 50_000_000) { count in
                    print(count)
                    fflush(nil)
                    return true
                }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    /// A running flooder.
    private struct Flood {
        private let process: ChildProcess
        private let began: Double
        private let usedBefore: Double

        /// Begins, and returns when strangers come.
        init(at ports: [UInt16], saying speech: String, rate: Int) throws {
            var request = LaunchRequest(
                program: executable(),
                arguments: [
                    "flood", ports.map(String.init).joined(separator: ","), speech, "\(rate)",
                ])
            request.output = .piped
            process = try ChildProcess(starting: request)
            var poll = PollLoop()
            guard let pipe = process.standardOutput else { throw WrongAnswer() }
            _ = poll.watch(descriptor: pipe.descriptor)
            let limit = MonotonicClock.nanoseconds() + 10_000_000_000
            while pipe.read().isEmpty {
                guard MonotonicClock.nanoseconds() < limit else { throw WrongAnswer() }
                try poll.wait(until: limit)
            }
            began = Self.now()
            usedBefore = Strangers.processorSeconds(of: [process.pid])
        }

        /// Ends it: how many strangers came in all, what it used of a core, and for how long.
        func end() -> (strangers: Int, used: Double, seconds: Double) {
            let seconds = max(0.001, Self.now() - began)
            let used = Strangers.processorSeconds(of: [process.pid]) - usedBefore
            var text = ""
            while case let bytes = process.standardOutput?.read() ?? [], !bytes.isEmpty {
                text += String(decoding: bytes, as: UTF8.self)
            }
            process.endNow()
            let counts = text.split(separator: "\n").compactMap { Int($0) }
            return ((counts.last ?? 0) - (counts.first ?? 0), used, seconds)
        }

        private static func now() -> Double { Double(MonotonicClock.nanoseconds()) / 1e9 }
    }

    /// Accepts and closes, on a thread of its own.
    private struct Sink {
        let port: UInt16

        init() throws {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
            guard listener >= 0, listen(listener, 1_024) == 0,
                let port = ListeningPorts.port(of: listener)
            else { throw WrongAnswer() }
            self.port = port
            try LoopThread(named: "sink") {
                while true {
                    let one = accept(listener, nil, nil)
                    if one >= 0 { _ = close(one) }
                }
            }.detach()
        }
    }
}
