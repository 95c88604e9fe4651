"""What is measured: names, histograms, one moment per second, and the sums over processes."""
