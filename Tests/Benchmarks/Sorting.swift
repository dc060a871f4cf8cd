// W5: five million lines of 100 bytes sorted by their first ten into files, from the start of a
// process to the last file, cluster included; with memory for all of it, and with half of that.

import Glibc
import Swoop

@Remote func firstTenBytes(_ line: TextSlice) -> TextSlice { line[0..<10] }

enum Sorting {
    static let lines = 5_000_000
    static let lineBytes = 100
    /// What pages may take in the second figure.
    static let smallBudget = 250 << 20

    static func run() async throws {
        let path = try file()
        try measure("swoop", path, budget: 0)
        try measure("swoop:250 MB of pages", path, budget: smallBudget)
    }

    private static func measure(_ peer: String, _ path: String, budget: Int) throws {
        var totals: [Double] = []
        var sorts: [Double] = []
        var peaks: [Double] = []
        let folder = "/tmp/swoop-bench-sorted-\(getpid())"
        for _ in 0..<repetitions {
            let text = try output(of: "'\(executable())' sort-text '\(path)' '\(folder)' \(budget)")
            let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
            defer { _ = try? output(of: "rm -rf '\(folder)'") }
            guard numbers.count == 3, try isSorted(folder) else { throw WrongAnswer() }
            totals.append(numbers[0])
            sorts.append(numbers[1])
            peaks.append(numbers[2])
        }
        emit(
            "W5", peer, n: lines, seconds: totals,
            extra: [
                ("sort_s", sorts.sorted()[repetitions / 2]),
                ("peak_mb", peaks.max() ?? 0), ("budget_mb", Double(budget) / 1e6),
            ])
    }

    /// The process that is measured. Prints the seconds from its start, those of the sort alone,
    /// and the most memory that all of its processes had together, in 10^6 bytes.
    static func child(_ path: String, _ folder: String, budget: Int) async {
        do {
            var options = LocalOptions()
            if budget > 0 { options.pageBudget = budget }
            // To look at much memory takes long, and would be measured too.
            let watch = budget > 0 ? MemoryWatch() : nil
            try await withCluster(.local(options)) { cluster in
                let began = seconds()
                let saved = try await cluster.remotely { remote in
                    remote.lines(path).sorted(by: firstTenBytes).saved(asText: "\(folder)/part")
                }
                let files = try await saved.files
                guard files.reduce(0, { $0 + $1.count }) == lines else { throw WrongAnswer() }
                print(StartUp.sinceStart(), seconds() - began, Double(watch?.end() ?? 0) / 1e6)
            }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    /// Whether all lines are there, whole, and in order; by the tools of the system.
    private static func isSorted(_ folder: String) throws -> Bool {
        let check = """
            cat '\(folder)'/part-*.txt | LC_ALL=C sort -c -k1.1,1.10 -s \
            && cat '\(folder)'/part-*.txt | wc -lc
            """
        let counts = try output(of: check).split(separator: " ").compactMap {
            Int($0.filter(\.isNumber))
        }
        return counts == [lines, lines * lineBytes]
    }

    /// The lines: of the folder that SWOOP_BENCH_DATA names, where other systems find them too,
    /// else made once.
    private static func file() throws -> String {
        if let folder = variable("SWOOP_BENCH_DATA") {
            return "\(folder)/sort.txt"
        }
        let path = "/tmp/swoop-bench-lines-\(lines).txt"
        if unsafe access(path, R_OK) != 0 { try write(path) }
        return path
    }

    /// Writes lines of ten random letters of 64, a number and a filling; the same ones every time.
    private static func write(_ path: String) throws {
        let letters = Array(
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_".utf8)
        var state: UInt64 = 20_240_202
        guard let file = unsafe fopen("\(path).part", "w") else { throw WrongAnswer() }
        var bytes: [UInt8] = []
        for line in 0..<lines {
            for _ in 0..<10 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(letters[Int(state >> 58)])
            }
            let digits = Array("\(line)".utf8)
            bytes += [UInt8](repeating: 32, count: 2)
            bytes += [UInt8](repeating: 48, count: 32 - digits.count) + digits
            bytes += [UInt8](repeating: 32, count: 2)
            bytes += [UInt8](repeating: letters[10 + line % 26], count: 53) + [10]
            if bytes.count > 1 << 20 || line == lines - 1 {
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
