// long: texts whose records are very long, on one to eight slots. keys: groups by keys of several
// kinds. numbers: fields of a table read as numbers.

import Glibc
import Swoop

@Remote func byteCount(_ line: TextSlice) -> Int { line.byteCount }

/// A row of numbers.
@Record struct Numbers {
    var id: Int
    var first: Double
    var second: Double
    var third: Float
    var kind: UInt16
}

@Remote func numberSum(_ row: Numbers) -> Double {
    row.first + row.second + Double(row.third) + Double(row.id) + Double(row.kind)
}

/// A key of several fields, of which one is text.
@Record struct PlaceKey: Hashable {
    var name: String
    var part: Int
}

@Remote func nameOf(_ i: Int) -> String { "a place with the number \(i &* 7_919 % 420)" }
@Remote func intOf(_ i: Int) -> Int { i &* 7_919 % 420 }
@Remote func halfOf(_ i: Int) -> Double { Double(i &* 7_919 % 420) / 2 }
@Remote func pairOf(_ i: Int) -> Pair<String, Int> { Pair(nameOf(i), i % 3) }
@Remote func placeOf(_ i: Int) -> PlaceKey { PlaceKey(name: nameOf(i), part: i % 3) }
@Remote func maybeOf(_ i: Int) -> String? { i % 5 == 0 ? nil : nameOf(i) }

enum HardTexts {
    /// Bytes of a long record; SWOOP_BENCH_LONG_BYTES is another number.
    private static var longByteCount: Int {
        variable("SWOOP_BENCH_LONG_BYTES").flatMap { Int($0) } ?? 100 << 20
    }

    private static func options(cores: Int) -> LocalOptions {
        var options = LocalOptions()
        options.cores = cores
        options.learns = false
        options.showsOutput = false
        return options
    }

    static func long() async throws {
        let folder = "/tmp/swoop-bench-long"
        _ = unsafe mkdir(folder, 0o700)
        defer { _ = unsafe unlink("\(folder)/file") }
        let path = "\(folder)/file"
        for (name, head) in [("line", ""), ("csv", "id,first,second,third,kind\n1,\"")] {
            try write(head, letters: longByteCount, to: path)
            var all: [Double] = []
            for cores in [1, 2, 4, 8] {
                try await withCluster(.local(options(cores: cores))) { cluster in
                    all.append(
                        await timed {
                            do {
                                _ = try await cluster.remotely { remote in
                                    name == "line"
                                        ? remote.lines(path).map(byteCount).sum
                                        : remote.csv(
                                            path, as: Numbers.self, badRows: .leftOut
                                        ).map(numberSum).count
                                }.value
                            } catch {
                                say("\(name) on \(cores): \(error)")
                            }
                        })
                }
            }
            emit("long", "swoop:\(name)", n: longByteCount, seconds: all)
        }
    }

    private static func write(_ head: String, letters: Int, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw WrongAnswer() }
        defer { unsafe fclose(file) }
        _ = unsafe fputs(head, file)
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        for _ in 0..<(letters >> 20) { unsafe fwrite(piece, 1, piece.count, file) }
    }

    static func keys() async throws {
        let count = 4_000_000
        try await withCluster(.local(options(cores: 1))) { cluster in
            func measure<F: ElementFunction>(_ name: String, _ key: F) async throws
            where F.Input == Int, F.Output: Hashable & PageElement {
                var all: [Double] = []
                var groups = 0
                for _ in 0...repetitions {
                    all.append(
                        try await timed {
                            groups = try await cluster.remotely { remote in
                                remote.range(0..<count).grouped(by: key, .counting())
                            }.collect().count
                        })
                }
                emit(
                    "keys", "swoop:\(name)", n: count, seconds: Array(all.dropFirst()),
                    extra: [("groups", Double(groups))])
            }
            var texts: [Double] = []
            for _ in 0...repetitions {
                texts.append(
                    try await timed {
                        _ = try await cluster.remotely { remote in
                            remote.range(0..<count).grouped(by: nameOf, .counting())
                        }.collect()
                    })
            }
            emit("keys", "swoop:String", n: count, seconds: Array(texts.dropFirst()))
            try await measure("Pair", pairOf)
            try await measure("record", placeOf)
            try await measure("Optional", maybeOf)
            try await measure("hashed Int", intOf)
            try await measure("hashed Double", halfOf)
        }
    }

    static func numbers() async throws {
        let rows = 2_000_000
        let path = "/tmp/swoop-bench-numbers.csv"
        if unsafe access(path, R_OK) != 0 { try writeNumbers(rows, to: path) }
        try await withCluster(.local(options(cores: 1))) { cluster in
            var all: [Double] = []
            var sum = 0.0
            for _ in 0...repetitions {
                all.append(
                    try await timed {
                        sum = try await cluster.remotely { remote in
                            remote.csv(path, as: Numbers.self).map(numberSum).sum
                        }.value
                    })
            }
            emit(
                "numbers", "swoop", n: rows, seconds: Array(all.dropFirst()),
                extra: [("sum", sum)])
        }
    }

    private static func writeNumbers(_ rows: Int, to path: String) throws {
        guard let file = unsafe fopen(path + ".part", "w") else { throw WrongAnswer() }
        _ = unsafe fputs("id,first,second,third,kind\n", file)
        var state: UInt64 = 7
        for row in 0..<rows {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Double(state >> 40) / 1_000
            // One in eight needs more than the short way.
            let second = row % 8 == 0 ? "\(Double(state >> 11) * 1e-20)" : "\(number / 4)"
            let line = "\(row),\(number),\(second),\(Float(number) / 8),\(state >> 50)\n"
            _ = unsafe fputs(line, file)
        }
        unsafe fclose(file)
        _ = unsafe rename(path + ".part", path)
    }
}
