// The value codec: round trips, golden bytes, and what it does with bytes that are no value.

import SwoopElements
import SwoopSimulation
import Testing

struct Inner: Codable, Hashable, Sendable {
    var name: String
    var numbers: [Int64]
    var ratio: Double?
}

indirect enum Shape: Codable, Hashable, Sendable {
    case point
    case circle(radius: Double)
    case group([Shape], label: String?)
}

struct Node: RemoteValue {
    var children: [Node]
    init(children: [Node]) { self.children = children }
    init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        children = try [Node](decoding: &reader)
    }
    func encode(into writer: inout ValueWriter) { children.encode(into: &writer) }
}

class Animal: Codable {
    var legs: Int
    init(legs: Int) { self.legs = legs }
}

// Unchecked: a test changes nothing in it once it is made.
final class Dog: Animal, @unchecked Sendable {
    var name: String
    init(name: String) {
        self.name = name
        super.init(legs: 4)
    }
    enum Keys: CodingKey { case name, nested, list }
    required init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        var list = try fields.nestedUnkeyedContainer(forKey: .list)
        name = try list.decode(String.self)
        #expect(try list.decodeNil())
        let nested = try list.nestedContainer(keyedBy: Keys.self)
        #expect(try nested.decode(Float.self, forKey: .nested) == 1.5)
        #expect(list.isAtEnd)
        try super.init(from: fields.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Keys.self)
        var list = fields.nestedUnkeyedContainer(forKey: .list)
        try list.encode(name)
        // Two containers filled in turns.
        try super.encode(to: fields.superEncoder())
        try list.encodeNil()
        var nested = list.nestedContainer(keyedBy: Keys.self)
        try nested.encode(Float(1.5), forKey: .nested)
    }
}

@Suite struct ValueCodecTests {
    func roundTrip<Value: RemoteValue & Equatable>(_ value: Value) throws {
        #expect(try Value(encodedBytes: value.encodedBytes) == value)
    }

    func codableRoundTrip<Value: Codable & Sendable & Equatable>(_ value: Value) throws {
        var writer = ValueWriter()
        try _encodeValue(value, into: &writer)
        let decoded = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try _decodeValue(Value.self, from: &reader)
        }
        #expect(decoded == value)
    }

    @Test func `standard values come back as they were`() throws {
        try roundTrip(Int.min)
        try roundTrip(UInt64.max)
        try roundTrip([Int8.min, 0, 127])
        try roundTrip("naïve \u{1f600}\0")
        try roundTrip([["a": [1.5, -0.0], "b": []], [:]])
        try roundTrip(Set([1, 2, 3]))
        try roundTrip([Int?.none, 5, nil])
        try roundTrip(-3..<7)
        try roundTrip(Pair("key", [UInt16(7)]))
        try roundTrip(ContiguousArray(["x"]))
        let nan = try Double(encodedBytes: Double.nan.encodedBytes)
        #expect(nan.bitPattern == Double.nan.bitPattern)
    }

    @Test func `encodings are fixed`() {
        #expect(UInt16(0x0102).encodedBytes == [2, 1])
        #expect("é".encodedBytes == [2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9])
        #expect([UInt8(1), 2].encodedBytes == [2, 0, 0, 0, 0, 0, 0, 0, 1, 2])
        #expect(Bool?.some(true).encodedBytes == [1, 1])
        #expect(UInt8?.none.encodedBytes == [0])
    }

    @Test func `codable values come back as they were`() throws {
        try codableRoundTrip(Inner(name: "é", numbers: [.min, .max, 0, -1], ratio: nil))
        try codableRoundTrip([Inner(name: "", numbers: [], ratio: -0.0)])
        try codableRoundTrip(["k": [Inner(name: "", numbers: [], ratio: .infinity)]])
        try codableRoundTrip(Shape.group([.point, .circle(radius: 0.1)], label: nil))
        try codableRoundTrip([Int: Inner]())
        try codableRoundTrip(Inner?.none)
    }

    @Test func `NaN keeps its bits in codable values`() throws {
        struct Holder: Codable { var a: Double, b: Float }
        var writer = ValueWriter()
        try _encodeValue(Holder(a: .nan, b: -.nan), into: &writer)
        let back = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try _decodeValue(Holder.self, from: &reader)
        }
        #expect(back.a.bitPattern == Double.nan.bitPattern)
        #expect(back.b.bitPattern == (-Float.nan).bitPattern)
    }

    @Test func `a subclass with super, nested and interleaved containers comes back`() throws {
        var writer = ValueWriter()
        try _encodeValue(Dog(name: "Rex"), into: &writer)
        let dog = try _decodeAllOf(writer.bytes) { (reader) throws(ValueDecodingError) in
            try _decodeValue(Dog.self, from: &reader)
        }
        #expect(dog.name == "Rex")
        #expect(dog.legs == 4)
    }

    @Test func `separately encoded elements behind their count are an encoded array`() throws {
        let rows = [[Inner(name: "a", numbers: [1], ratio: 1)], []]
        var whole = ValueWriter()
        var parts = ValueWriter()
        try _encodeValue(rows, into: &whole)
        parts.write(count: rows.count)
        for row in rows { try _encodeValue(row, into: &parts) }
        #expect(whole.bytes == parts.bytes)
    }

    @Test func `damaged bytes never trap`() throws {
        typealias Value = [Pair<String, [Int: [Double?]]>]
        for seed in 0..<5_000 {
            var random = SeededGenerator(seed: seed)
            let value: Value = (0..<random.below(4)).map { _ in
                Pair(random.text(), [random.below(9): [1.5, nil]])
            }
            let bytes = random.damaged(value.encodedBytes)
            if let back = try? Value(encodedBytes: bytes) {
                #expect(try Value(encodedBytes: back.encodedBytes).count == back.count)
            }
            var writer = ValueWriter()
            try _encodeValue(
                [Shape.group([.circle(radius: 2), .point], label: random.text())], into: &writer)
            _ = try? _decodeAllOf(random.damaged(writer.bytes)) {
                (reader) throws(ValueDecodingError) in
                try _decodeValue([Shape].self, from: &reader)
            }
        }
    }

    @Test func `a count larger than the bytes is refused before anything is allocated`() {
        #expect(throws: ValueDecodingError.countTooLarge) {
            try [Int](encodedBytes: UInt64.max.encodedBytes)
        }
        #expect(throws: ValueDecodingError.countTooLarge) {
            try [String: Int](encodedBytes: (UInt64(1) << 40).encodedBytes + [0])
        }
        #expect(throws: ValueDecodingError.tooShort) { try Int(encodedBytes: [1, 2]) }
        #expect(throws: ValueDecodingError.bytesLeftOver) { try UInt8(encodedBytes: [1, 2]) }
        #expect(throws: ValueDecodingError.malformed("Bool")) { try Bool(encodedBytes: [2]) }
        #expect(throws: ValueDecodingError.malformed("UTF-8")) {
            try String(encodedBytes: [1, 0, 0, 0, 0, 0, 0, 0, 0xff])
        }
    }

    @Test func `a codable value nested too deep is an error on both sides`() throws {
        var deep = Shape.point
        for _ in 0..<600 { deep = .group([deep], label: nil) }
        var writer = ValueWriter()
        #expect(throws: ValueEncodingError.tooDeep) { try _encodeValue(deep, into: &writer) }
    }

    @Test func `bytes that claim endless nesting are refused`() throws {
        let nested = [UInt8](repeating: 1, count: 8)
        // Each level is a count of one element; nothing but counts follows.
        let bytes = (0..<100_000).flatMap { _ in UInt64(1).encodedBytes } + nested
        #expect(throws: ValueDecodingError.tooDeep) { try Node(encodedBytes: bytes) }
        let deep = (0..<900).reduce(Node(children: [])) { node, _ in Node(children: [node]) }
        #expect(try Node(encodedBytes: deep.encodedBytes).encodedBytes == deep.encodedBytes)
    }

    @Test func `features are the value, the count or the size`() {
        #expect(_feature(of: 42) == 42)
        #expect(_feature(of: 2.5) == 2.5)
        #expect(_feature(of: "four") == 4)
        #expect(_feature(of: [1, 2, 3]) == 3)
        #expect(_feature(of: Inner(name: "", numbers: [], ratio: nil)) > 8)
    }
}
