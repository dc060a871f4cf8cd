// W4: twenty million rows of text, station and temperature, grouped by station: from the start of a
// process to the answer, cluster included, beside the same by hand with two threads and no cluster.

import Glibc
import Swoop

/// A row: its station in place.
struct Reading: BorrowedValue {
    var station: TextSlice
    var temperature: Double
}

@Remote func reading(_ line: TextSlice) -> Reading? {
    guard let (station, number) = line.split(atFirst: UInt8(ascii: ";")),
        let temperature = Double(number)
    else { return nil }
    return Reading(station: station, temperature: temperature)
}

@Remote func station(_ reading: Reading) -> TextSlice { reading.station }
@Remote func temperature(_ reading: Reading) -> Double { reading.temperature }

enum TextGroups {
    static let rows = 20_000_000

    static func run() async throws {
        let path = try file()
        var totals: [Double] = []
        var queries: [Double] = []
        var ups: [Double] = []
        var hand: [Double] = []
        var sums: [Double] = []
        for _ in 0..<(repetitions + 1) {
            var answer: [String: Readings] = [:]
            hand.append(try await timed { answer = try await ReadingsByHand.run(path) })
            let text = try output(of: "'\(executable())' group-text '\(path)'")
            let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
            guard numbers.count == 6, answer.count == Int(numbers[3]) else { throw WrongAnswer() }
            totals.append(numbers[0])
            ups.append(numbers[1])
            queries.append(numbers[2])
            sums = [numbers[4], numbers[5]]
            let byHand = answer.values.reduce((0.0, 0.0)) { ($0.0 + $1.least, $0.1 + $1.largest) }
            guard abs(sums[0] - byHand.0) < 0.01, abs(sums[1] - byHand.1) < 0.01 else {
                throw WrongAnswer()
            }
        }
        let query = Array(queries.dropFirst()).sorted()
        let byHand = Array(hand.dropFirst()).sorted()
        emit(
            "W4", "swoop", n: rows, seconds: Array(totals.dropFirst()),
            extra: [
                ("from_cluster_up_s", ups.dropFirst().sorted()[repetitions / 2]),
                ("query_s", query[repetitions / 2]),
                ("query_by_hand", query[repetitions / 2] / byHand[repetitions / 2]),
                ("least_query_by_hand", query[0] / byHand[0]),
            ], lists: [("check", sums.map { ($0 * 10).rounded() / 10 })])
        emit("W4", "swoop:hand-written loop", n: rows, seconds: Array(hand.dropFirst()))
    }

    /// The process that is measured. Prints the seconds from its start to the answer, those from
    /// the cluster's being up, those of the query alone, the number of groups, and the sums of
    /// their minima and maxima.
    static func child(_ path: String) async {
        do {
            try await withCluster(.local) { cluster in
                let up = seconds()
                let groups = try await cluster.remotely { remote in
                    remote.lines(path).compactMap(reading).grouped(
                        by: station,
                        .both(
                            .both(.min(of: temperature), .mean(of: temperature)),
                            .max(of: temperature)))
                }
                let answer = try await groups.collect()
                let done = seconds()
                let age = StartUp.sinceStart()
                let least = answer.compactMap(\.second.first.first).reduce(0, +)
                let largest = answer.compactMap(\.second.second).reduce(0, +)
                print(age, seconds() - up, done - up, answer.count, least, largest)
            }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    /// The rows: of the folder that SWOOP_BENCH_DATA names, where other systems find them too, else
    /// made once.
    private static func file() throws -> String {
        if let folder = variable("SWOOP_BENCH_DATA") {
            return "\(folder)/1brc.txt"
        }
        let path = "/tmp/swoop-bench-readings-\(rows).txt"
        if unsafe access(path, R_OK) != 0 { try write(path) }
        return path
    }

    /// Writes rows of 420 stations with names of four to fifteen letters and temperatures around a
    /// mean of their own; the same ones every time.
    private static func write(_ path: String) throws {
        var state: UInt64 = 20_240_101
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        let syllables = [
            "ba", "ko", "ri", "ne", "sto", "lan", "ur", "mi", "ga", "ton", "vel", "os", "ham",
            "que", "dor", "fi",
        ]
        var names: Set<String> = []
        while names.count < 420 {
            let name = (0..<(2 + random(4))).map { _ in syllables[random(16)] }.joined()
            names.insert(name.prefix(1).uppercased() + name.dropFirst())
        }
        let stations = names.sorted().map { (name: Array($0.utf8), mean: random(850) - 400) }
        guard let file = unsafe fopen("\(path).part", "w") else { throw WrongAnswer() }
        var bytes: [UInt8] = []
        for row in 0..<rows {
            let station = stations[random(420)]
            let spread = random(300) + random(300) + random(300) - 450
            let tenths = max(-999, min(999, station.mean + spread))
            bytes += station.name
            bytes.append(UInt8(ascii: ";"))
            if tenths < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes += "\(abs(tenths) / 10).\(abs(tenths) % 10)\n".utf8
            if bytes.count > 1 << 20 || row == rows - 1 {
                guard unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count else {
                    throw WrongAnswer()
                }
                bytes.removeAll(keepingCapacity: true)
            }
        }
        guard unsafe fclose(file) == 0, unsafe rename("\(path).part", path) == 0 else {
            throw WrongAnswer()
        }
    }
}
