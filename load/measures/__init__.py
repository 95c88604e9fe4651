"""What is measured: names, histograms, a moment a second, and the sums over processes."""
