// The macros that a user writes. Their expansions are written in SwoopMacros and call what the
// files of this folder declare.

/// Makes a pure function one that any node may run.
///
/// Called plainly it is the plain function, and called with proxies in a plan it adds a task. As a
/// value it is a step of a chain, and what `remote.call` takes:
///
/// ```swift
/// @Remote func isInside(_ i: Int) -> Bool { i % 3 == 0 }
/// remote.range(0..<1_000).filter(isInside).count
/// ```
///
/// The function stands at file level or is static; its parameters (at most 8) and its result are
/// `RemoteValue`s or `Codable & Sendable`. A call of an async remote function from inside a run is
/// a child run, or goes on inline when that is faster.
///
/// A run that takes much says so, and no node is given more at a time than it has:
///
/// ```swift
/// @Remote(memory: .megabytes(400), cores: 2) func train(_ seed: Int) -> Model { … }
/// ```
///
/// `memory` is what one run takes at most, its result included, and counts with the pages of a
/// node. `cores` are those that it keeps busy by itself. Both count for calls in plans, and for the
/// parts of a chain that has it as a step; a child run is part of its parent's.
///
/// A run that may hang or fail by chance says for how long it is waited, and how often it is tried:
///
/// ```swift
/// @Remote(timeout: .seconds(30), retries: 2) func fetch(_ url: String) throws -> String { … }
/// ```
///
/// A run that takes longer than `timeout` is stopped, and its core is free within a second.
/// `retries` are further attempts after one that threw or took too long: on another node where
/// there is one, after a pause of `backOff` that doubles each time. A plan's own `retry:` counts
/// where it allows more. A cluster of the kind `.inline` has only the program's own thread, which
/// nobody can stop: there a function that computes for too long, or hangs, is waited for.
///
/// In a chain they count for each element's call: one that throws is made again in its place, one
/// that does not end in time ends its part of the chain, which is tried again elsewhere. An async
/// function that another calls, and that throws, has them too: after `timeout` its Swift task is
/// cancelled and the caller gets the error; where it goes on all the same, the caller is stopped.
@attached(
    peer, names: overloaded, prefixed(_Remote_), prefixed(_RemoteFunctionsNeedDifferentNames_))
@attached(body)
public macro Remote(
    memory: MemorySize = .undeclared, cores: Int = 1, timeout: Duration? = nil, retries: Int = 0,
    backOff: Duration = .milliseconds(100)
) =
    #externalMacro(module: "SwoopMacros", type: "RemoteMacro")

/// A closure that travels: captured values and the parameter state their types.
///
/// ```swift
/// chain.map(#remote { [k = k as Double] (x: Double) in x * k })
/// ```
///
/// A proxy is captured as what it stands for: `[k = proxy.captured() as Double]`. Loops call the
/// closure through a pointer for each element (about 3 ns); a function with `@Remote` is inlined.
@freestanding(expression)
public macro remote<Input, Output>(
    _ closure: (Input) throws -> Output
) -> RemoteClosure<Input, Output> =
    #externalMacro(module: "SwoopMacros", type: "RemoteClosureMacro")

/// Lets a struct travel, be held in pages, each stored field a column, and be a row of a table; an
/// enum with raw values be a field of it: `@Record enum Weekday: Int { … }`.
///
/// Chains take key paths of its properties, fields and computed ones that stand in its body:
///
/// ```swift
/// sales.filter(\.isPaid).grouped(by: \.shop, .summing(of: \.amount))
/// ```
@attached(
    extension, conformances: RemoteValue, PageElement, RemoteArgument, CSVRow, _PropertyHolder,
    ConvertedElement, CSVField, PackedKey, _SortValue, _ProxyEquatable,
    names: named(encode), named(init), named(_byteCountMin), named(_fixedByteCount), named(_layout),
    named(_Columns), named(_Builder), named(_Received), named(_csvColumns), named(_write),
    named(_Properties), named(_FieldTypes), named(StoredForm), named(_Stored), named(_sortNumber),
    named(_numberDecides), named(_isBefore))
public macro Record() = #externalMacro(module: "SwoopMacros", type: "RecordMacro")
