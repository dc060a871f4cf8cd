// Numbering, zipping, rows in place and whole pages: what an array's elements are besides elements
// one by one.

public import SwoopElements

extension Chain where Stage: _IndexedStage {
    /// Each element with its index in the whole source, from 0.
    ///
    /// For ranges, arrays and what `map` makes of them; store what was filtered before it is
    /// numbered: `chain.stored().enumerated()`.
    @inlinable @inline(__always)
    public func enumerated() -> Chain<_EnumeratedStage<Stage>> {
        Chain<_EnumeratedStage<Stage>>(_EnumeratedStage(stage), source, recorder)
    }
}

extension ProxyArray {
    /// Each element with its index in the whole array, from 0.
    @inlinable @inline(__always)
    public func enumerated() -> Chain<_EnumeratedStage<_PagesSource<Element>>> {
        chain.enumerated()
    }

    /// The elements of this array and of another at the same indices, as far as both reach.
    ///
    /// Each run reads one page of this array; the pages of the other one travel to every node that
    /// needs some of them, so let the larger one be this.
    @inlinable @inline(__always)
    public func zip<Other: PageElement>(
        _ other: ProxyArray<Other>
    ) -> Chain<_ZippedSource<Element, Other>> {
        Chain<_ZippedSource<Element, Other>>(
            _ZippedSource(), .zipped(_handle, other._handle), _currentRecorder())
    }

    /// The rows of an array of records where they lie, for functions that take a text of them as a
    /// `TextSlice`: `sales.rows.grouped(by: customer, .counting)` makes no String a row.
    @inlinable @inline(__always)
    public var rows: Chain<_RowsSource<Element>> {
        Chain<_RowsSource<Element>>(_RowsSource(), .pages(_handle), _currentRecorder())
    }

    /// The pages of the array, for functions that take a whole one:
    /// `array.pages.map(energy).sum`.
    ///
    /// How many elements a page has follows from how the array was made.
    @inlinable @inline(__always)
    public var pages: Chain<_WholePagesSource<Element>> {
        Chain<_WholePagesSource<Element>>(
            _WholePagesSource(), .wholePages(_handle), _currentRecorder())
    }
}
