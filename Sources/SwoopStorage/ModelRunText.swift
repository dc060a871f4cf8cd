// The runs of a history as text: what a row of the model database holds, and what a person reads
// with any SQLite tool.

package import SwoopModel

/// One run a line: elements, bytes in, bytes out, CPU nanoseconds, wall nanoseconds, `c` for a cold
/// run or `w` for a warm one, then the features; spaces between.
///
/// Numbers read back exactly.
package enum ModelRunText {
    /// The runs in their order.
    package static func text(of records: [RunRecord]) -> String {
        var text = ""
        for record in records {
            if !text.isEmpty { text += "\n" }
            text += "\(record.elements) \(record.bytesIn) \(record.bytesOut)"
            text += " \(record.cpuNanoseconds) \(record.wallNanoseconds)"
            text += record.isCold ? " c" : " w"
            for feature in record.features {
                text += " "
                text += feature.description
            }
        }
        return text
    }

    /// What a line of another form says is left out.
    package static func records(of text: String) -> [RunRecord] {
        text.utf8.split(separator: UInt8(ascii: "\n")).compactMap(record)
    }

    private static func record(_ line: Substring.UTF8View) -> RunRecord? {
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count >= 6, let elements = integer(words[0]), let bytesIn = integer(words[1]),
            let bytesOut = integer(words[2]), let cpu = integer(words[3]),
            let wall = integer(words[4])
        else { return nil }
        return RunRecord(
            features: words.dropFirst(6).map { Double(Substring($0)) ?? .nan }, elements: elements,
            bytesIn: bytesIn, bytesOut: bytesOut, cpuNanoseconds: cpu, wallNanoseconds: wall,
            isCold: words[5].elementsEqual("c".utf8))
    }

    /// Digits with a sign or none; nil for anything else.
    ///
    /// Five times as fast as `Int64.init`, and a full file has millions of them.
    private static func integer(_ word: Substring.UTF8View) -> Int64? {
        let isNegative = word.first == UInt8(ascii: "-")
        let digits = isNegative ? word.dropFirst() : word
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (shifted, isTooLong) = value.multipliedReportingOverflow(by: 10)
            // Built downwards, for the smallest number has no positive one.
            let (next, isTooLarge) = shifted.subtractingReportingOverflow(
                Int64(digit - UInt8(ascii: "0")))
            if isTooLong || isTooLarge { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
