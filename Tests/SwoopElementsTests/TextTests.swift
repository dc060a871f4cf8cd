// Text: where records begin for every way to cut a file, numbers from bytes, and the byte search.

import SwoopElements
import SwoopSimulation
import Testing

@Suite struct TextTests {
    func lines(_ text: String) -> [String] {
        var parts = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        return parts.map { $0.last == 0x0d ? String($0.dropLast())! : String($0)! }
    }

    func records(_ text: String, _ separator: String) -> [String] {
        var parts = [""]
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix(separator) {
                rest = rest.dropFirst(separator.count)
                parts.append("")
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        if parts.last == "" { parts.removeLast() }
        return parts
    }

    func stanzas(_ text: String) -> [String] {
        var all: [[String]] = [[]]
        for line in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).map({
            String($0)!
        }) {
            if line.isEmpty || line == "\r" {
                if all.last?.isEmpty == false { all.append([]) }
            } else {
                all[all.count - 1].append(line)
            }
        }
        return all.filter { !$0.isEmpty }.map {
            let stanza = $0.joined(separator: "\n")
            return stanza.utf8.last == 0x0d ? String(stanza.utf8.dropLast())! : stanza
        }
    }

    /// The records of every part, in the order of the parts, with windows that grow when asked.
    func split<Format: _TextFormat>(
        _ text: String, _ format: Format, _ random: inout SeededGenerator
    ) throws -> [String] {
        let file = Array(text.utf8)
        return try random.cuts(of: file.count, at: 6).flatMap { range in
            let host = FakeHost()
            host.file = file
            host.strides = [1 + random.below(9), 1, 1 + random.below(50)]
            let start = max(0, range.lowerBound - format.lookBehind)
            let end = min(file.count, range.upperBound + random.below(4))
            var found: [String] = []
            var position = range.lowerBound
            var window = host.window(from: start, to: end)
            func begin(_ at: Int) throws -> Int {
                while true {
                    if let begin = format.firstBegin(window, at: at) { return begin }
                    if window.end == file.count { return file.count }
                    window = try host.text(from: start, to: window.end + 5)
                }
            }
            position = try begin(position)
            let stop = try begin(range.upperBound)
            guard let base = unsafe window.bytes.baseAddress else { return found }
            while position < stop {
                let (content, next) = unsafe format.recordEnd(
                    base, start: position - window.start, end: stop - window.start)
                let count = content - (position - window.start)
                let start = unsafe base + (position - window.start)
                found.append(unsafe String(TextSlice(_base: start, byteCount: count)))
                position = window.start + next
            }
            return found
        }
    }

    @Test func `every cut of a file gives each record once`() throws {
        let semicolon = try #require(_SeparatorFormat(";"))
        let long = try #require(_SeparatorFormat("<->"))
        for seed in 0..<3_000 {
            var random = SeededGenerator(seed: seed)
            let pieces = ["a", "bc", "é", "\n", "\n", "\r\n", ";", "<->", "<-", "<", " x", "\r"]
            let text = (0..<random.below(60)).map { _ in pieces[random.below(pieces.count)] }
                .joined()
            #expect(try split(text, _LineFormat(), &random) == lines(text), "seed \(seed)")
            #expect(try split(text, semicolon, &random) == records(text, ";"), "seed \(seed)")
            #expect(try split(text, long, &random) == records(text, "<->"), "seed \(seed)")
            #expect(try split(text, _StanzaFormat(), &random) == stanzas(text), "seed \(seed)")
        }
    }

    @Test func `separators that can overlap themselves are refused`() {
        #expect(_SeparatorFormat("") == nil)
        #expect(_SeparatorFormat("aa") == nil)
        #expect(_SeparatorFormat("aba") == nil)
        #expect(_SeparatorFormat("ab") != nil)
    }

    func withSlice<Answer>(_ text: String, _ body: (TextSlice) throws -> Answer) rethrows -> Answer
    {
        let bytes = Array((text + "!").utf8)
        return try unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("There is a byte.") }
            return try unsafe body(TextSlice(_base: base, byteCount: buffer.count - 1))
        }
    }

    @Test(arguments: [
        "0", "-0", "+7", "12", "-9223372036854775808", "9223372036854775807",
        "9223372036854775808", "", "-", "1 ", "a",
    ])
    func `integers are read as by the standard library`(_ text: String) {
        withSlice(text) { #expect(Int($0) == Int(text)) }
    }

    @Test func `numbers are read as by the standard library`() {
        let fixed = ["", ".", "-", "1.", ".5", "-0", "1e5", "nan", "1.2.3", "+1", " 1", "1e-400"]
        for text in fixed {
            withSlice(text) {
                #expect(Double($0)?.bitPattern == Double(text)?.bitPattern, "\(text)")
            }
        }
        for seed in 0..<5_000 {
            var random = SeededGenerator(seed: seed)
            let whole = random.next() >> UInt64(random.below(64))
            let text = "\(random.below(2) == 0 ? "-" : "")\(whole).\(random.below(1_000_000_000))"
            withSlice(text) {
                #expect(Double($0)?.bitPattern == Double(text)?.bitPattern, "\(text)")
            }
        }
    }

    /// What each type makes of a text: nil where it is no number of the type.
    private func expectNumbers(
        _ text: String, _ double: Double?, _ float: Float?, _ int: Int?, _ byte: UInt8?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        withSlice(text) { slice in
            let field = CSVFieldText(slice)
            #expect(
                Double(slice)?.bitPattern == double?.bitPattern, "\(text)",
                sourceLocation: sourceLocation)
            #expect(
                Float(slice)?.bitPattern == float?.bitPattern, "\(text)",
                sourceLocation: sourceLocation)
            #expect(Int(slice) == int, "\(text)", sourceLocation: sourceLocation)
            #expect(UInt8(slice) == byte, "\(text)", sourceLocation: sourceLocation)
            // A table reads the same.
            #expect(Double(csv: field)?.bitPattern == double?.bitPattern, "\(text)")
            #expect(Float(csv: field)?.bitPattern == float?.bitPattern, "\(text)")
            #expect(Int(csv: field) == int, "\(text)")
            #expect(UInt8(csv: field) == byte, "\(text)")
        }
    }

    @Test func `all types read one grammar of numbers, and refuse what is beyond them`() {
        expectNumbers("7", 7, 7, 7, 7)
        expectNumbers("+7", 7, 7, 7, 7)
        expectNumbers("-7", -7, -7, -7, nil)
        expectNumbers("-0", -0.0, -0.0, 0, 0)
        expectNumbers("255", 255, 255, 255, 255)
        expectNumbers("256", 256, 256, 256, nil)
        expectNumbers("000000000000000000000000000007", 7, 7, 7, 7)
        expectNumbers("7.", 7, 7, nil, nil)
        expectNumbers(".5", 0.5, 0.5, nil, nil)
        expectNumbers("1e2", 100, 100, nil, nil)
        expectNumbers("-1.5E+2", -150, -150, nil, nil)
        expectNumbers("1e38", 1e38, 1e38, nil, nil)
        expectNumbers("1e39", 1e39, nil, nil, nil)
        expectNumbers("-1e400", nil, nil, nil, nil)
        expectNumbers("3.5e38", 3.5e38, nil, nil, nil)
        expectNumbers(String(repeating: "9", count: 400), nil, nil, nil, nil)
        expectNumbers("9223372036854775808", 0x1p63, 0x1p63, nil, nil)
        expectNumbers("1e-400", 0, 0, nil, nil)
        expectNumbers("-1e-50", -1e-50, -0.0, nil, nil)
        expectNumbers("inf", .infinity, .infinity, nil, nil)
        expectNumbers("-Infinity", -.infinity, -.infinity, nil, nil)
        expectNumbers("NaN", .nan, .nan, nil, nil)
        for text in [
            "0x10", "0X1p3", "-0x1", "nan(0x5)", "nan(5)", "snan", "inf1", "infinit", "1e", "1e+",
            "e5", ".e5", ".", "+", "-", "--1", "+-1", "1_000", "1,5", "1 2", "0b1", "1d", "1f",
            "١", "１", "1\0", "½", "1e5.5", "1.2.3", "",
        ] { expectNumbers(text, nil, nil, nil, nil) }
    }

    @Test func `floats are rounded once`() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20_000 {
            var text = "\(random.below(10_000_000))"
            if random.below(3) > 0 {
                let place = random.below(text.count + 1)
                text.insert(".", at: text.index(text.startIndex, offsetBy: place))
            }
            if random.below(4) == 0 { text = "-" + text }
            withSlice(text) { #expect(Float($0)?.bitPattern == Float(text)?.bitPattern, "\(text)") }
        }
        // Halfway between two floats but for a digit that a Double does not see.
        let text = "1.00000005960464477539062500000001"
        withSlice(text) { #expect(Float($0) == Float(text) && Float($0) == 1.0000001) }
    }

    @Test func `a number that is beyond its field is said to be`() {
        withSlice(" 70000") { slice in
            let field = CSVFieldText(slice)
            #expect(UInt16._csvReason(field) == "has \" 70000\", which is beyond UInt16")
            #expect(UInt16?._csvReason(field) == "has \" 70000\", which is beyond UInt16")
        }
        withSlice("1e400") { slice in
            let field = CSVFieldText(slice)
            #expect(Double?._csvReason(field) == "has \"1e400\", which is beyond Double")
            #expect(Int._csvReason(field) == "has \"1e400\", which is no Int")
            #expect(Bool._csvReason(field) == "has \"1e400\", which is no Bool")
        }
        withSlice("0x10") {
            #expect(Double._csvReason(CSVFieldText($0)) == "has \"0x10\", which is no Double")
        }
    }

    @Test func `slices are cut at separators`() {
        withSlice("one,two,,four") { slice in
            var parts: [String] = []
            slice.forEachField(separatedBy: UInt8(ascii: ",")) { parts.append(String($0)) }
            #expect(parts == ["one", "two", "", "four"])
            #expect(slice.field(3, separatedBy: UInt8(ascii: ",")).map { String($0) } == "four")
            #expect(slice.field(4, separatedBy: UInt8(ascii: ",")) == nil)
            #expect(slice.split(atFirst: UInt8(ascii: ",")).map { String($0.tail) } == "two,,four")
            #expect(slice.hasPrefix("one,"))
            #expect(slice.withSpan { $0.count } == 13)
        }
        withSlice(" \t x \r\n") { #expect($0.trimmed == "x") }
    }

    @Test func `the byte search finds what a plain loop finds`() {
        for seed in 0..<2_000 {
            var random = SeededGenerator(seed: seed)
            let bytes = (0..<random.below(70)).map { _ in UInt8(random.below(4)) &* 85 }
            let from = random.below(bytes.count + 1)
            let byte = UInt8(random.below(4)) &* 85
            let expected = bytes[from...].firstIndex(of: byte) ?? bytes.count
            unsafe bytes.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return }
                #expect(unsafe _firstByte(byte, base, from: from, to: bytes.count) == expected)
            }
        }
    }

    @Test func `strides settle at half a millisecond`() {
        var pacer = StridePacer()
        var length = pacer.length
        for _ in 0..<30 { length = pacer.next(elements: length, nanoseconds: length * 10) }
        #expect(length == 50_000)
        #expect(pacer.next(elements: length, nanoseconds: 1_000_000_000) == 25)
        #expect(pacer.next(elements: 1, nanoseconds: 2_000_000_000) == 1)
    }
}
