// What is known of every function's runs, and the questions that can be asked of it. The statistics
// are in MetricModel; records reach the disk by the coordinator (ModelStore of SwoopStorage).

package import SwoopModel

/// What forecasts are kept under: a function as built with or without optimisation. A function that
/// has not run in one file is known by its runs in another, where its code is the same.
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
/// Bounded: per function, version and node the runs that `RecordWindow` keeps; some versions
/// (fingerprints) per function and node; `functionLimit` functions, of which those go that were
/// longest not recorded. Answers depend on the records only, never on the order of a dictionary.
package struct Forecaster: Sendable {
    /// Functions known at most.
    package static let functionLimit = Agreed.functionsKept
    /// Nodes per function known at most: of more, the one longest not recorded goes.
    package static let nodeLimit = 64

    private var functions: [ForecastKey: FunctionRecords] = [:]
    /// Functions of one path, name and signature, in whatever file; chains of the same steps, in
    /// whatever program.
    private var namesakes: [String: Set<ForecastKey>] = [:]
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

    /// Takes in the histories of functions that have none here: other programs have run them since
    /// `load`.
    package mutating func loadUnknown(_ histories: [FunctionHistory]) {
        load(
            histories.filter { history in
                let key = ForecastKey(
                    identity: history.identity, isOptimised: history.isOptimised)
                return functions[key] == nil
            })
    }

    /// Everything that is known of the functions named, in a form that travels; `load` takes it
    /// back.
    ///
    /// Namesakes in other files come along: their runs tell of a function that has none of its own,
    /// if it is the same code. Ordered as `identities`, the namesakes of each before it, then
    /// without and with optimisation, by node, older versions first.
    package func histories(for identities: some Sequence<String>) -> [FunctionHistory] {
        var seen: Set<ForecastKey> = []
        return identities.flatMap { identity in
            [false, true].flatMap { isOptimised in
                let key = ForecastKey(identity: identity, isOptimised: isOptimised)
                return (namesakes(of: key).prefix(Self.namesakeLimit).reversed() + [key]).flatMap {
                    seen.insert($0).inserted ? functions[$0]?.histories(key: $0) ?? [] : []
                }
            }
        }
    }

    /// All runs that tell of a function: of any version of its own, or of a namesake of its code.
    package func records(of function: FunctionSpec) -> [RunRecord] {
        guard
            let source = source(for: ForecastKey(function), fingerprint: function.fingerprint)
        else { return [] }
        return functions[source]?.histories(key: source).flatMap(\.records) ?? []
    }

    /// Namesakes of a function that are told of it at most.
    private static let namesakeLimit = 8

    /// Other functions of this path, name and signature, those that were recorded last first.
    private func namesakes(of key: ForecastKey) -> [ForecastKey] {
        let all = LearnedName.signature(of: key.identity).flatMap { namesakes[$0] } ?? []
        return all.filter { $0 != key && $0.isOptimised == key.isOptimised }.sorted {
            let uses = (functions[$0]?.lastUse ?? 0, functions[$1]?.lastUse ?? 0)
            return uses.0 == uses.1 ? $0.identity < $1.identity : uses.0 > uses.1
        }
    }

    /// Under which key the runs are that tell most of a function: its own, unless only a namesake
    /// has runs of this very code. A chain that calls no function has no fingerprint, and so no
    /// namesakes.
    private func source(for key: ForecastKey, fingerprint: UInt64?) -> ForecastKey? {
        let own = functions[key]
        if let fingerprint, fingerprint != 0, own?.has(fingerprint: fingerprint) != true,
            let other = namesakes(of: key).first(where: {
                functions[$0]?.has(fingerprint: fingerprint) == true
            })
        {
            return other
        }
        return own == nil ? nil : key
    }

    private func recordsToLearnFrom(
        _ key: ForecastKey, _ fingerprint: UInt64?
    ) -> FunctionRecords? {
        source(for: key, fingerprint: fingerprint).flatMap { functions[$0] }
    }

    private mutating func add(
        _ records: some Collection<RunRecord>, key: ForecastKey, fingerprint: UInt64, node: String
    ) {
        useCounter += 1
        if functions[key] == nil { noteNamesake(key) }
        functions[key, default: FunctionRecords()].add(
            records, fingerprint: fingerprint,
            versionLimit: Agreed.versionsKept(of: key.identity), node: node, use: useCounter)
        if functions.count > functionLimit { forgetOldest() }
    }

    /// Drops a tenth at once, so that one drop serves many additions.
    private mutating func forgetOldest() {
        let uses = functions.values.map(\.lastUse).sorted()
        let oldestKept = uses[min(uses.count - 1, max(uses.count - functionLimit, uses.count / 10))]
        functions = functions.filter { $0.value.lastUse >= oldestKept }
        namesakes = [:]
        for key in functions.keys { noteNamesake(key) }
    }

    private mutating func noteNamesake(_ key: ForecastKey) {
        guard let signature = LearnedName.signature(of: key.identity) else { return }
        namesakes[signature, default: []].insert(key)
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
        recordsToLearnFrom(key, fingerprint).flatMap { FunctionModel($0, fingerprint: fingerprint) }
    }

    /// The compact form for the scheduler: wall time of a warm run; nil: unknown, it never ran.
    package func durationModel(
        for key: ForecastKey, fingerprint: UInt64? = nil
    ) -> DurationModel? {
        recordsToLearnFrom(key, fingerprint).flatMap { DurationModel($0, fingerprint: fingerprint) }
    }

    /// The compact form for the scheduler: bytes that a run leaves; nil: unknown, it never ran.
    package func outputModel(for key: ForecastKey, fingerprint: UInt64? = nil) -> OutputModel? {
        recordsToLearnFrom(key, fingerprint).flatMap { OutputModel($0, fingerprint: fingerprint) }
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
