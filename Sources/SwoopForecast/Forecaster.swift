// What is known of every function's runs, and the questions that can be asked of it. The statistics
// are in MetricModel; records reach the disk by the coordinator (ModelStore of SwoopStorage).

package import SwoopModel

/// What forecasts are kept under: a function as built with or without optimisation.
package struct ForecastKey: Hashable, Sendable {
    /// The same as `FunctionSpec.identity`.
    package var identity: String
    /// Debug builds run many times slower: their runs tell nothing about the others.
    package var isOptimised: Bool

    package init(identity: String, isOptimised: Bool) {
        self.identity = identity
        self.isOptimised = isOptimised
    }

    /// The key of `function`.
    package init(_ function: FunctionSpec) {
        self.init(identity: function.identity, isOptimised: function.isOptimised)
    }
}

/// Learns how long functions take and what they leave; answers with distributions.
///
/// Bounded: per function, version and node the runs that `RecordWindow` keeps; two versions
/// (fingerprints) per function and node; `functionLimit` functions, of which those go that were
/// longest not recorded. Answers depend on the records only, never on the order of a dictionary.
package struct Forecaster: Sendable {
    /// Functions known at most.
    package static let functionLimit = Agreed.functionsKept
    /// Nodes per function known at most: of more, the one longest not recorded goes.
    package static let nodeLimit = 64

    private var functions: [ForecastKey: FunctionRecords] = [:]
    private var useCounter: UInt64 = 0
    private let functionLimit: Int

    package init(functionLimit: Int = Forecaster.functionLimit) {
        self.functionLimit = max(1, functionLimit)
    }

    /// Functions of which anything is known.
    package var functionCount: Int { functions.count }

    /// Takes in one run of `function` on the node called `node`.
    package mutating func record(_ record: RunRecord, of function: FunctionSpec, node: String) {
        add(
            CollectionOfOne(record), key: ForecastKey(function),
            fingerprint: function.fingerprint, node: node)
    }

    /// Takes in runs from the disk or from another process, those of the latest versions last.
    package mutating func load(_ histories: [FunctionHistory]) {
        for history in histories where !history.records.isEmpty {
            add(
                history.records,
                key: ForecastKey(identity: history.identity, isOptimised: history.isOptimised),
                fingerprint: history.fingerprint, node: history.node)
        }
    }

    /// Everything that is known of the functions named, in a form that travels; `load` takes it
    /// back.
    ///
    /// Ordered as `identities`, then without and with optimisation, by node, older versions first.
    package func histories(for identities: some Sequence<String>) -> [FunctionHistory] {
        identities.flatMap { identity in
            [false, true].flatMap { isOptimised in
                let key = ForecastKey(identity: identity, isOptimised: isOptimised)
                return functions[key]?.histories(key: key) ?? []
            }
        }
    }

    private mutating func add(
        _ records: some Collection<RunRecord>, key: ForecastKey, fingerprint: UInt64, node: String
    ) {
        useCounter += 1
        functions[key, default: FunctionRecords()].add(
            records, fingerprint: fingerprint, node: node, use: useCounter)
        if functions.count > functionLimit { forgetOldest() }
    }

    /// Drops a tenth at once, so that one drop serves many additions.
    private mutating func forgetOldest() {
        let uses = functions.values.map(\.lastUse).sorted()
        let oldestKept = uses[min(uses.count - 1, max(uses.count - functionLimit, uses.count / 10))]
        functions = functions.filter { $0.value.lastUse >= oldestKept }
    }
}

extension Forecaster {
    /// Everything that can be predicted of a function; nil: unknown, it never ran.
    ///
    /// Fits the models: a millisecond or so, of which the answer can be asked often.
    ///
    /// - Parameter fingerprint: of the function as it is now. Runs of another version are used only
    ///   where there are none of this one, and with ranges as wide as that deserves. nil: the
    ///   latest version.
    package func model(for key: ForecastKey, fingerprint: UInt64? = nil) -> FunctionModel? {
        functions[key].flatMap { FunctionModel($0, fingerprint: fingerprint) }
    }

    /// The compact form for the scheduler: wall time of a warm run; nil: unknown, it never ran.
    package func durationModel(
        for key: ForecastKey, fingerprint: UInt64? = nil
    ) -> DurationModel? {
        functions[key].flatMap { DurationModel($0, fingerprint: fingerprint) }
    }

    /// The compact form for the scheduler: bytes that a run leaves; nil: unknown, it never ran.
    package func outputModel(for key: ForecastKey, fingerprint: UInt64? = nil) -> OutputModel? {
        functions[key].flatMap { OutputModel($0, fingerprint: fingerprint) }
    }

    /// One possible truth about a function; nil: unknown, it never ran.
    ///
    /// For many draws take `model(for:)` once and draw from it.
    package func sampler(
        for key: ForecastKey, fingerprint: UInt64? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> FunctionSampler? {
        model(for: key, fingerprint: fingerprint)?.sampler(using: &generator)
    }
}
