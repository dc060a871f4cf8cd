// What a task runs, as the coordinator knows it: a name to learn by and a way to find the code in a
// worker. The code itself is in the user's program (SwoopElements has the call interface).

/// How a worker finds the code of a function in its own image of the program.
package enum CodeReference: Hashable, Sendable {
    /// A function marked `@Remote`, by its identity in the program's table of records.
    case remote(identity: String)
    /// A fused loop in an optimised build: offset of its code inside the image.
    ///
    /// `image` is empty for the executable itself, else the file name of the shared library.
    case code(image: String, offset: UInt64)
    /// A fused loop in a build without optimisation: the mangled name of the kernel's type.
    case type(mangledName: String)
}

/// What each run of a function takes, as its author declares.
package struct TaskNeeds: Hashable, Sendable {
    /// Bytes of memory, its result included; 0: not said.
    package var memory: Int64
    /// Cores; at least 1.
    package var cores: UInt32
    /// Nanoseconds that a run may take; 0: any time.
    package var timeLimit: Int64
    /// When a run that fails by itself is not the last one.
    package var retry: RetryRule

    package init(
        memory: Int64 = 0, cores: UInt32 = 1, timeLimit: Int64 = 0, retry: RetryRule = .never
    ) {
        self.timeLimit = max(0, timeLimit)
        self.retry = retry
        // More than there is anywhere; sums of it stay numbers.
        self.memory = max(0, min(memory, 1 << 56))
        self.cores = max(1, cores)
    }
}

/// One function of a program: `@Remote`, a fused loop, or a step that combines partial results.
package struct FunctionSpec: Hashable, Sendable {
    /// What forecasts are kept under (`LearnedName`): file, path, name and signature, or the text
    /// of the chain.
    package let identity: String
    /// The short name that people read: `isInside`, `range.filter(isInside).count`.
    package let name: String
    /// A hash of the function's own source text; 0 where a chain has none.
    package let fingerprint: UInt64
    /// Where the worker finds the code.
    package let code: CodeReference
    /// Whether the program was built with optimisation: models of the two kinds are kept apart.
    package let isOptimised: Bool
    /// Whether the function is async and may call others: it can be suspended.
    package let isAsync: Bool
    /// What its runs take, as declared.
    package let needs: TaskNeeds
    /// The program that holds the code; the coordinator puts it in, since it knows its clients.
    package var program: ProgramID

    package init(
        identity: String, name: String, fingerprint: UInt64, code: CodeReference,
        isOptimised: Bool, isAsync: Bool, needs: TaskNeeds = TaskNeeds(),
        program: ProgramID = .none
    ) {
        self.identity = identity
        self.name = name
        self.fingerprint = fingerprint
        self.code = code
        self.isOptimised = isOptimised
        self.isAsync = isAsync
        self.needs = needs
        self.program = program
    }
}
