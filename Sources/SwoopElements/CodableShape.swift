// Arrays, dictionaries and optionals of Codable elements are encoded element by element, as those
// of elements with an encoding of their own are: an array of proxies can then be put together from
// the separately encoded values, whatever their type.

/// A container whose encoding follows from its elements' encodings.
protocol CodableShape {
    func encodeShaped(into writer: inout ValueWriter) throws(ValueEncodingError)
    init(decodingShaped reader: inout ValueReader) throws(ValueDecodingError)
}

extension Array: CodableShape where Element: Codable {
    func encodeShaped(into writer: inout ValueWriter) throws(ValueEncodingError) {
        writer.write(count: count)
        for element in self { try _encodeCodable(element, into: &writer) }
    }

    init(decodingShaped reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount()
        self.init()
        reserveCapacity(_reserved(count, reader, MemoryLayout<Element>.stride))
        try reader._descend()
        for _ in 0..<count { append(try _decodeCodable(Element.self, from: &reader)) }
        reader._ascend()
    }
}

extension Dictionary: CodableShape where Key: Codable, Value: Codable {
    func encodeShaped(into writer: inout ValueWriter) throws(ValueEncodingError) {
        writer.write(count: count)
        for (key, value) in self {
            try _encodeCodable(key, into: &writer)
            try _encodeCodable(value, into: &writer)
        }
    }

    init(decodingShaped reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount()
        self.init(minimumCapacity: _reserved(count, reader, MemoryLayout<(Key, Value)>.stride))
        try reader._descend()
        for _ in 0..<count {
            let key = try _decodeCodable(Key.self, from: &reader)
            let value = try _decodeCodable(Value.self, from: &reader)
            guard updateValue(value, forKey: key) == nil else {
                throw .malformed("a key that comes twice")
            }
        }
        reader._ascend()
    }
}

extension Optional: CodableShape where Wrapped: Codable {
    func encodeShaped(into writer: inout ValueWriter) throws(ValueEncodingError) {
        guard let value = self else { return writer.write(UInt8(0)) }
        writer.write(UInt8(1))
        try _encodeCodable(value, into: &writer)
    }

    init(decodingShaped reader: inout ValueReader) throws(ValueDecodingError) {
        guard try Bool(decoding: &reader) else {
            self = nil
            return
        }
        try reader._descend()
        self = try _decodeCodable(Wrapped.self, from: &reader)
        reader._ascend()
    }
}
