// Sorting of short lists by the standard library's own code. `sorted` is compiled anew for every
// type and every closure, 3 to 4 KB each time, and every program carries them to every host. Not
// for lists that may be long: each comparison is a call that does not know the type, and takes ten
// times as long.

extension Sequence {
    /// The elements in the order that `sorted(by:)` gives them.
    @inline(never) @_semantics("optimize.sil.specialize.generic.never")
    package func ordered(by precedes: (Element, Element) -> Bool) -> [Element] {
        sorted(by: precedes)
    }
}

extension Sequence where Element: Comparable {
    /// The elements, ascending.
    @inline(never) @_semantics("optimize.sil.specialize.generic.never")
    package func ordered() -> [Element] { sorted() }
}
