// What a program cannot ask of a plan, of its block or of its functions, with what to write
// instead. As in WrongFunctions.swift, these overloads exist so that the compiler says a sentence.

extension Cluster {
    /// Says at compile time what comes back.
    @available(
        *, unavailable,
        message: """
            what comes back is what the block returns, a handle of what stays in the cluster: \
            leave the type out, and bring it here with try await result.value, or values of many
            """
    )
    @_disfavoredOverload
    public func remotely<Given, Wanted>(
        download: DownloadPolicy = .nothing, retry: RetryPolicy = .never,
        timeout: Duration? = nil, _ block: (RemoteScope) throws -> Given
    ) async throws -> Wanted { _neverCalled() }
}

extension Plan {
    /// Says at compile time what comes back.
    @available(
        *, unavailable,
        message: """
            what comes back is what the block returned, a handle of what stays in the cluster: \
            leave the type out, and bring it here with try await result.value, or values of many
            """
    )
    @_disfavoredOverload
    public func run<Wanted>(
        download: DownloadPolicy = .nothing, retry: RetryPolicy = .never,
        timeout: Duration? = nil
    ) async throws -> Wanted { _neverCalled() }

    /// Says at compile time that a plan is run first.
    @available(
        *, unavailable,
        message: """
            a plan has no value before it runs: let result = try await plan.run(), then try await \
            result.value
            """
    )
    public var value: Result { _neverCalled() }

    /// Says at compile time that a plan is run first.
    @available(
        *, unavailable,
        message: """
            a plan has no values before it runs: let results = try await plan.run(), then try \
            await results.values
            """
    )
    public var values: [Result] { _neverCalled() }
}
