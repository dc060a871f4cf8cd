// What @Record calls for each field, so that a field of a type that pages cannot hold is named in
// words.

public import SwoopElements

/// The type of a field of a record.
public typealias _FieldOf<Field: PageElement> = Field

/// Encodes a field of a record.
@inlinable public func _encodeField<Field: PageElement>(
    _ field: Field, into writer: inout ValueWriter
) {
    field.encode(into: &writer)
}

/// Says at compile time that a record cannot have such a field.
@available(
    *, unavailable,
    message: """
        pages cannot hold a field of this type: use numbers, String, Bool, optionals and arrays of \
        them, a struct or an enum with raw values that has @Record itself, and with import \
        SwoopFoundation Date, UUID, URL and Decimal
        """
)
@_disfavoredOverload
public func _encodeField<Field>(_ field: Field, into writer: inout ValueWriter) {}
