// What forecasting knows of an argument: one number that its cost may follow.

/// The number that a value's cost is likely to follow: its own value, its count, else its size.
public func _feature<Value>(of value: Value) -> Double {
    if let number = plainNumber(value) { return number }
    switch value {
    case let number as any BinaryInteger: return Double(number)
    case let number as any BinaryFloatingPoint: return Double(number)
    case let flag as Bool: return flag ? 1 : 0
    case let text as String: return Double(text.utf8.count)
    case let elements as any Collection: return Double(elements.count)
    case let value as any RemoteValue: return Double(value.encodedBytes.count)
    default: return 0
    }
}

/// The commonest arguments, told by their type alone: to ask for protocols takes longer than a
/// short task does.
private func plainNumber<Value>(_ value: Value) -> Double? {
    if Value.self == Int.self { return (value as? Int).map { Double($0) } }
    if Value.self == Double.self { return value as? Double }
    return nil
}

/// The feature of a Codable value: its encoded size, unless it is a number, a text or a collection.
public func _feature<Value: Codable & Sendable>(of value: Value) -> Double {
    if let number = plainNumber(value) { return number }
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
