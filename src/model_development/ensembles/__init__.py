"""One model of several: weights over what each said of rows that it was not fitted on."""
