// The benchmarks of the project: `make bench W="W1 W2"`. Each prints one JSON line per figure, in
// the format that the scripts of other systems use: workload, peer, n, seconds (the median of
// three), rate, extra.

import Glibc
import Swoop

@main struct Benchmarks {
    static func main() async {
        let names = CommandLine.arguments.dropFirst()
        if names.first == "first-result" {
            return await StartUp.child(on: Array(names.dropFirst()))
        }
        if names.first == "flood" {
            return Strangers.child(Array(names.dropFirst()))
        }
        if names.first?.hasPrefix("shares-") == true {
            return await Shares.child(Array(names))
        }
        if names.first == "group-text", let path = names.dropFirst().first {
            return await TextGroups.child(path)
        }
        if names.first == "sort-text", names.count == 4 {
            let words = Array(names)
            return await Sorting.child(words[1], words[2], budget: Int(words[3]) ?? 0)
        }
        if names.first == "big-step", names.count == 4 {
            let words = Array(names)
            return await BigFile.child(words[1], words[2], budget: Int(words[3]) ?? 0)
        }
        let all: [(String, () async throws -> Void)] = [
            ("W1", Throughput.run), ("W2", RoundTrip.run), ("W3", Graphs.tree),
            ("chain", Graphs.chain), ("turns", Turns.run), ("W4", TextGroups.run),
            ("W5", Sorting.run),
            ("values", Values.run),
            ("W9", StartUp.run), ("W10", Puts.run), ("W13", Database.run),
            ("pages", Pages.run), ("fusion", Fusion.run), ("estimate", Estimates.run),
            ("long", HardTexts.long), ("keys", HardTexts.keys), ("numbers", HardTexts.numbers),
            ("strangers", Strangers.run), ("shares", Shares.run), ("sums", IntegerSums.run),
            ("build", FirstBuild.run),
            ("forecast", Forecasts.run),
            ("big", BigFile.run),
        ]
        // A file larger than memory, or minutes of building, is not what somebody wants who names
        // no workload.
        let chosen =
            names.isEmpty
            ? all.map(\.0).filter { !["big", "build", "forecast"].contains($0) } : Array(names)
        for name in chosen {
            guard let workload = all.first(where: { $0.0 == name }) else {
                say("no workload \(name); there are \(all.map(\.0).joined(separator: ", "))")
                exit(2)
            }
            do {
                try await workload.1()
            } catch {
                say("\(name): \(error)")
                exit(1)
            }
        }
    }
}

/// A variable of the environment.
func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// Says something to whoever watches: not a figure.
func say(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
}

/// Prints one figure.
func emit(
    _ workload: String, _ peer: String, n: Int, seconds all: [Double], rate: Double? = nil,
    extra: [(String, Double)] = [], lists: [(String, [Double])] = []
) {
    let median = all.sorted()[all.count / 2]
    let fields = extra.map { "\"\($0.0)\": \(number($0.1))" }
    let arrays = ([("all", all)] + lists).map { name, values in
        "\"\(name)\": [\(values.map(number).joined(separator: ", "))]"
    }
    let more = (arrays + fields).joined(separator: ", ")
    let perSecond = number(rate ?? Double(n) / median)
    print(
        #"{"workload": "\#(workload)", "peer": "\#(peer)", "n": \#(n), "seconds": \#(number(median)), "#
            + #""rate": \#(perSecond), "extra": {\#(more)}}"#)
    fflush(nil)
}

private func number(_ value: Double) -> String {
    value.isFinite ? String((value * 1e6).rounded() / 1e6) : "null"
}

/// Seconds of the monotonic clock.
func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What the body takes, in seconds.
func timed(_ body: () async throws -> Void) async rethrows -> Double {
    let began = seconds()
    try await body()
    return seconds() - began
}

/// Repetitions of a figure.
let repetitions = 3

/// What a command of the shell prints.
func output(of command: String) throws -> String {
    guard let pipe = unsafe popen(command, "r") else { throw WrongAnswer() }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe fread(&part, 1, part.count, pipe)
        if count == 0 { break }
        bytes += part[..<count]
    }
    guard unsafe pclose(pipe) == 0 else { throw WrongAnswer() }
    return String(decoding: bytes, as: UTF8.self)
}

/// The path of this program.
func executable() -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
