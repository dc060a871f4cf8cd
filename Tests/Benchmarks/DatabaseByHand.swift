// The answers of W13 by loops over plain arrays that have a place for each value of a key, and the
// table where other systems' scripts have not made one.

import Glibc
import Swoop

/// The columns of the grouping table as numbers.
struct DatabaseByHand {
    /// A row of an answer: the numbers of its keys, and its values.
    struct Answer {
        let keys: [Int]
        let values: [Double]

        init(_ keys: [Int], _ values: [Double]) {
            self.keys = keys
            self.values = values
        }
    }

    private var whole = [[Int32]](repeating: [], count: 8)
    private var v3: [Double] = []

    /// Reads the file.
    init(_ path: String, rows: Int) throws {
        guard let file = unsafe fopen(path, "r") else { throw WrongAnswer() }
        defer { unsafe fclose(file) }
        for column in whole.indices { whole[column].reserveCapacity(rows) }
        v3.reserveCapacity(rows)
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        _ = unsafe getline(&line, &capacity, file)
        while unsafe getline(&line, &capacity, file) > 0, var place = unsafe line {
            for column in whole.indices {
                while unsafe place.pointee < 0x30 || place.pointee > 0x39 {
                    unsafe place += 1
                }
                var number: Int32 = 0
                while unsafe place.pointee != 0x2c {
                    unsafe number = number &* 10 &+ Int32(place.pointee &- 0x30)
                    unsafe place += 1
                }
                unsafe place += 1
                whole[column].append(number)
            }
            unsafe v3.append(strtod(place, nil))
        }
        guard v3.count == rows else { throw WrongAnswer() }
    }

    /// The columns of the keys of each question.
    private static let keys: [String: [Int]] = [
        "q1": [0], "q2": [0, 1], "q3": [2], "q4": [3], "q5": [5], "q6": [3, 4], "q7": [2],
        "q8": [5], "q9": [1, 3],
    ]

    /// Whether the rows of an answer are those that there must be, in any order.
    func isRight(_ question: String, _ answers: [Answer]) -> Bool {
        guard let columns = Self.keys[question] else { return isRightOfAll(answers) }
        let widths = columns.map { Int(whole[$0].max() ?? 0) + 1 }
        func place(_ keys: [Int]) -> Int {
            zip(keys, widths).reduce(0) { $0 * $1.1 + $1.0 }
        }
        var members = [[Int32]](repeating: [], count: widths.reduce(1, *))
        for row in v3.indices {
            let key =
                columns.count == 1
                ? Int(whole[columns[0]][row])
                : Int(whole[columns[0]][row]) * widths[1] + Int(whole[columns[1]][row])
            members[key].append(Int32(row))
        }
        var given = [[Double]](repeating: [], count: members.count)
        for answer in answers { given[place(answer.keys)] += answer.values }
        return members.indices.allSatisfy { key in
            let expected = members[key].isEmpty ? [] : values(question, members[key].map(Int.init))
            return given[key].count == expected.count
                && zip(given[key], expected).allSatisfy(Self.isNear)
        }
    }

    private static func isNear(_ one: Double, _ other: Double) -> Bool {
        abs(one - other) <= 1e-9 * max(1, abs(other))
    }

    private func values(_ question: String, _ rows: [Int]) -> [Double] {
        let count = Double(rows.count)
        func sum(_ column: Int) -> Double { rows.reduce(0) { $0 + Double(whole[column][$1]) } }
        let total = rows.reduce(0.0) { $0 + v3[$1] }
        switch question {
        case "q1", "q2": return [sum(6)]
        case "q3": return [sum(6), total / count]
        case "q4": return [sum(6) / count, sum(7) / count, total / count]
        case "q5": return [sum(6), sum(7), total]
        case "q6":
            let sorted = rows.map { v3[$0] }.sorted()
            let middle = sorted.count / 2
            let median =
                sorted.count % 2 == 1
                ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
            let mean = total / count
            let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return [median, (squares / (count - 1)).squareRoot()]
        case "q7":
            let most = rows.map { whole[6][$0] }.max() ?? 0
            return [Double(most - (rows.map { whole[7][$0] }.min() ?? 0))]
        case "q8": return Array(rows.map { v3[$0] }.sorted(by: >).prefix(2))
        default:
            let (left, right) = (sum(6) / count, sum(7) / count)
            var (both, own, other) = (0.0, 0.0, 0.0)
            for row in rows {
                let (x, y) = (Double(whole[6][row]) - left, Double(whole[7][row]) - right)
                both += x * y
                own += x * x
                other += y * y
            }
            return [both * both / (own * other)]
        }
    }

    /// Whether each row is in the group of its six keys: sums of the rows of equal keys.
    private func isRightOfAll(_ answers: [Answer]) -> Bool {
        // Nearly all keys are different: their first columns say which few rows to look at.
        func place(_ six: Int, _ three: Int) -> Int { six &* 1_000_003 ^ three }
        var groups: [Int: [Int32]] = [:]
        groups.reserveCapacity(v3.count)
        for row in v3.indices {
            groups[place(Int(whole[5][row]), Int(whole[2][row])), default: []].append(Int32(row))
        }
        var rows = 0
        for answer in answers {
            let near = groups[place(answer.keys[5], answer.keys[2])] ?? []
            let own = near.filter { row in
                (0..<6).allSatisfy { Int(whole[$0][Int(row)]) == answer.keys[$0] }
            }
            rows += own.count
            let total = own.reduce(0.0) { $0 + v3[Int($1)] }
            guard !own.isEmpty, answer.values[1] == Double(own.count),
                Self.isNear(answer.values[0], total)
            else { return false }
        }
        return rows == v3.count
    }
}

/// The grouping table as a file: that of the folder that SWOOP_BENCH_DATA names, else made once.
enum DatabaseFile {
    static func path(rows: Int) throws -> String {
        if let folder = variable("SWOOP_BENCH_DATA") { return "\(folder)/db.txt" }
        let path = "/tmp/swoop-bench-db-\(rows).txt"
        if unsafe access(path, R_OK) != 0 { try write(path, rows) }
        return path
    }

    private static func write(_ path: String, _ rows: Int) throws {
        guard let file = unsafe fopen("\(path).part", "w") else { throw WrongAnswer() }
        var state: UInt64 = 108
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let many = max(1, rows / 100)
        var text = "id1,id2,id3,id4,id5,id6,v1,v2,v3\n"
        for row in 0..<rows {
            text += "id\(padded(random(100) + 1, 3)),id\(padded(random(100) + 1, 3)),"
            text += "id\(padded(random(many) + 1, 10)),\(random(100) + 1),\(random(100) + 1),"
            text += "\(random(many) + 1),\(random(5) + 1),\(random(15) + 1),"
            text += "\(random(100)).\(padded(random(1_000_000), 6))\n"
            if text.utf8.count > 1 << 20 || row == rows - 1 {
                guard unsafe fputs(text, file) >= 0 else { throw WrongAnswer() }
                text = ""
            }
        }
        guard unsafe fclose(file) == 0, unsafe rename("\(path).part", path) == 0 else {
            throw WrongAnswer()
        }
    }
}
