// Key paths as functions: `\.amount` where a chain wants a function of its element. A key path
// itself cannot travel and cannot be inlined; so @Record makes a type for each property, and the
// path only leads the compiler to that type.

public import SwoopElements

/// A type whose properties can be named by key paths in chains.
///
/// Conformances are made by `@Record`, for the properties that stand in the struct's body; `Pair`
/// and the groups of a chain have them too.
public protocol _PropertyHolder {
    /// Has a property of the same name for each property, of the type of its function.
    associatedtype _Properties
}

/// A property as a function of its holder, known by its type alone.
@dynamicMemberLookup
public protocol _PropertyFunction: ElementFunction {
    /// Makes the function.
    init()
}

/// A property that is a column of texts, which can be read where they lie.
public protocol _TextProperty {
    /// What has the property.
    associatedtype _TextHolder: PageElement
    /// The column.
    func _texts(_ columns: _TextHolder._Columns) -> String._Columns
}

extension _TextProperty {
    /// The column of an opened page of the holder.
    @usableFromInline func texts(of columns: Any) -> String._Columns? {
        (columns as? _TextHolder._Columns).map(_texts)
    }
}

extension _PropertyFunction {
    /// Appends nothing; takes note of the property and its types.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: "\(Input.self).\(Self._name): \(Output.self)")
    }

    /// Nothing is captured.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        self.init()
    }
}

extension _PropertyFunction where Output: _PropertyHolder {
    /// A property of the property: `\.address.city`.
    @inlinable
    public subscript<Inner: _PropertyFunction>(
        dynamicMember path: KeyPath<Output._Properties, Inner>
    ) -> _PropertyOfProperty<Self, Inner> where Inner.Input == Output {
        _PropertyOfProperty()
    }
}

/// A property of what a property gives.
@frozen
public struct _PropertyOfProperty<Outer: _PropertyFunction, Inner: _PropertyFunction>:
    _PropertyFunction
where Inner.Input == Outer.Output {
    /// Makes the function.
    @inlinable public init() {}
    /// The inner property of the outer one.
    @inlinable @inline(__always)
    public func _apply(_ input: Outer.Input) throws -> Inner.Output {
        try Inner()._apply(try Outer()._apply(input))
    }
    /// Both names.
    public static var _name: String { "\(Outer._name).\(Inner._name)" }
}

extension _PropertyFunction where Output == Bool {
    /// Whether it is false.
    @inlinable public var _negated: _NegatedProperty<Self> { _NegatedProperty() }
}

/// A property that is true where another one is false.
@frozen
public struct _NegatedProperty<Function: _PropertyFunction>: _PropertyFunction
where Function.Output == Bool {
    /// Makes the function.
    @inlinable public init() {}
    /// Whether the property is false.
    @inlinable @inline(__always)
    public func _apply(_ input: Function.Input) throws -> Bool { !(try Function()._apply(input)) }
    /// The property's name behind the sign.
    public static var _name: String { "!\(Function._name)" }
}

/// A condition turned round: `sales.filter(!\.isPaid)`.
@inlinable @_disfavoredOverload
public prefix func ! <Properties, F: _PropertyFunction>(
    property: KeyPath<Properties, F>
) -> KeyPath<Properties, _NegatedProperty<F>> where F.Output == Bool {
    property.appending(path: \._negated)
}

/// A property as a function, with its holder in the type: by it the compiler finds out what
/// `.summing(of: \.amount)` is about.
@frozen
public struct _Property<Holder: _PropertyHolder, Function: _PropertyFunction>:
    ElementFunction
where Function.Input == Holder {
    /// The holder.
    public typealias Input = Holder
    /// The property.
    public typealias Output = Function.Output

    /// Makes the function.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing; takes note of the property, as its function does.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        Function()._encodeFields(into: &writer)
    }
    /// The property.
    @inlinable @inline(__always)
    public func _apply(_ input: Holder) throws -> Function.Output { try Function()._apply(input) }
    /// The property's name.
    public static var _name: String { Function._name }
}

extension Pair: _PropertyHolder {
    /// `first` and `second`.
    public typealias _Properties = _PairProperties<First, Second>
}

/// The properties of pairs: what joins, groupings and `enumerated()` give.
@frozen @dynamicMemberLookup
public struct _PairProperties<First, Second>: _PropertyList {
    /// The pair.
    public typealias _Holder = Pair<First, Second>

    /// The first value as a function.
    @frozen public struct _First: _PropertyFunction {
        /// Makes the function.
        @inlinable public init() {}
        /// The first value.
        @inlinable @inline(__always)
        public func _apply(_ input: Pair<First, Second>) -> First { input.first }
        /// `first`.
        public static var _name: String { "first" }
    }

    /// The second value as a function.
    @frozen public struct _Second: _PropertyFunction {
        /// Makes the function.
        @inlinable public init() {}
        /// The second value.
        @inlinable @inline(__always)
        public func _apply(_ input: Pair<First, Second>) -> Second { input.second }
        /// `second`.
        public static var _name: String { "second" }
    }

    /// The first value.
    @inlinable public var first: _First { _First() }
    /// The second value.
    @inlinable public var second: _Second { _Second() }
}

extension Group: _PropertyHolder {
    /// `key` and `count`.
    public typealias _Properties = _GroupProperties<Key, Element>
}

/// The properties of groups.
@frozen @dynamicMemberLookup
public struct _GroupProperties<Key, Element>: _PropertyList {
    /// The group.
    public typealias _Holder = Group<Key, Element>

    /// A group's key as a function.
    @frozen public struct _Key: _PropertyFunction {
        /// Makes the function.
        @inlinable public init() {}
        /// The key.
        @inlinable public func _apply(_ input: Group<Key, Element>) -> Key { input.key }
        /// `key`.
        public static var _name: String { "key" }
    }

    /// A group's size as a function.
    @frozen public struct _Count: _PropertyFunction {
        /// Makes the function.
        @inlinable public init() {}
        /// The number of elements.
        @inlinable public func _apply(_ input: Group<Key, Element>) -> Int { input.count }
        /// `count`.
        public static var _name: String { "count" }
    }

    /// The key.
    @inlinable public var key: _Key { _Key() }
    /// The number of elements.
    @inlinable public var count: _Count { _Count() }
}
