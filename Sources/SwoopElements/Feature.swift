// What forecasting knows of an argument: one number that its cost may follow.

/// The number that a value's cost is likely to follow: its own value, its count, else its size.
public func _feature<Value>(of value: Value) -> Double {
    switch value {
    case let number as any BinaryInteger: Double(number)
    case let number as any BinaryFloatingPoint: Double(number)
    case let flag as Bool: flag ? 1 : 0
    case let text as String: Double(text.utf8.count)
    case let elements as any Collection: Double(elements.count)
    case let value as any RemoteValue: Double(value.encodedBytes.count)
    default: 0
    }
}

/// The feature of a Codable value: its encoded size, unless it is a number, a text or a collection.
public func _feature<Value: Codable & Sendable>(of value: Value) -> Double {
    switch value {
    case is any BinaryInteger, is any BinaryFloatingPoint, is Bool, is any Collection,
        is any RemoteValue:
        return _feature(of: value as Any)
    default:
        var writer = ValueWriter()
        guard (try? _encodeCodable(value, into: &writer)) != nil else { return 0 }
        return Double(writer.byteCount)
    }
}
