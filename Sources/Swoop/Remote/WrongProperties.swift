// Key paths of properties that are not there, with what to look at. What a key path is looked up
// in has every name: so the compiler says a sentence, and not that it "cannot infer key path type".

/// What has the properties of a struct under names of their own; called by macro-made code.
///
/// Conforming types are `@dynamicMemberLookup`: a name that is none of theirs leads here.
public protocol _PropertyList {
    /// The struct.
    associatedtype _Holder
}

extension _PropertyList {
    /// Stands for a property that is not there.
    public subscript(dynamicMember name: String) -> _NoSuchProperty<_Holder, Int> {
        _neverCalled()
    }

    /// The same where a condition is wanted.
    @_disfavoredOverload
    public subscript(dynamicMember name: String) -> _NoSuchProperty<_Holder, Bool> {
        _neverCalled()
    }

    /// The same where a text is wanted.
    @_disfavoredOverload
    public subscript(dynamicMember name: String) -> _NoSuchProperty<_Holder, String> {
        _neverCalled()
    }
}

/// A property that is not there.
@frozen public struct _NoSuchProperty<Holder, Value> {
    /// Is never called.
    public init() { _neverCalled() }
}

@available(
    *, unavailable,
    message: """
        the element has no such property that a key path can name: look at the name; properties \
        stand in the body of the struct with @Record; of one in an extension make a function with \
        @Remote
        """
)
extension _NoSuchProperty: _PropertyFunction {
    /// Is never called.
    public func _apply(_ input: Holder) -> Value { _neverCalled() }
    /// None.
    public static var _name: String { "" }
}
